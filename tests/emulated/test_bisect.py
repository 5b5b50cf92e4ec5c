"""A kernel that computes something wrong is found at exactly its layer, on the device."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from tests.support.command_line import tinydeploy
from tinydeploy import pipeline
from tinydeploy.bisect import find_wrong_layer
from tinydeploy.boards import load_board
from tinydeploy.cli import work
from tinydeploy.cli.request import make_request
from tinydeploy.config import Optimize
from tinydeploy.errors import ToolMissingError, VerificationError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.pipeline import Built, Compiled
from tinydeploy.plan.kernels import Choices

pytestmark = pytest.mark.emulated
MODELS = Path(__file__).parents[1] / "gate"
CASES = [("digits", layer) for layer in range(5)] + [("spoken_digits", n) for n in range(5)]


def with_wrong_layer(compiled: Compiled, layer: int) -> Compiled:
    """The same library, but that layer flips a bit of the last byte that it writes."""
    node = compiled.plan.layers[layer].node
    (tensor,) = node.outputs
    last = compiled.plan.offsets[tensor] + compiled.plan.graph.tensors[tensor].size_bytes - 1
    source, count = re.subn(
        rf"(static void td_layer_{layer}_\w+\(uint8_t \*arena\) \{{.*?)\n\}}",
        rf"\1\n  arena[{last}] ^= 1;\n}}",
        compiled.library.files["model.c"],
        flags=re.DOTALL,
    )
    assert count == 1
    library = dataclasses.replace(
        compiled.library, files={**compiled.library.files, "model.c": source}
    )
    return dataclasses.replace(compiled, library=library)


def compiled_for(model: str, board: str) -> tuple[LoadedModel, Compiled]:
    loaded = pipeline.load(MODELS / f"{model}.tflite", None)
    return loaded, pipeline.compile_model(loaded, load_board(board), Choices(Optimize.SPEED))


@pytest.mark.parametrize(("model", "layer"), CASES)
def test_the_wrong_layer_is_found(tmp_path: Path, model: str, layer: int) -> None:
    loaded, compiled = compiled_for(model, "qemu_cortex_m4")
    assert layer < len(compiled.plan.layers)
    built: Built = pipeline.build(with_wrong_layer(compiled, layer), tmp_path / "p")
    samples = pipeline.choose_samples(loaded, None, 1, seed=layer)
    found = find_wrong_layer(built, loaded, samples.inputs[0])
    assert found is not None
    assert (found.index, found.name) == (layer, compiled.plan.layers[layer].node.name)
    assert found.wrong_elements == 1
    (value,) = found.values
    assert value.position == tuple(d - 1 for d in found.shape)
    assert abs(value.expected - value.found) == 1


def test_nothing_is_found_where_nothing_is_wrong(tmp_path: Path) -> None:
    loaded, compiled = compiled_for("digits", "host")
    samples = pipeline.choose_samples(loaded, None, 1, seed=0)
    built = pipeline.build(compiled, tmp_path / "p")
    assert find_wrong_layer(built, loaded, samples.inputs[0]) is None


def test_a_bisection_that_fails_costs_no_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, compiled = compiled_for("sine", "host")
    built = pipeline.build(with_wrong_layer(compiled, 0), tmp_path / "p")

    def fails(*_: object) -> None:
        raise ToolMissingError("gcc is not on PATH")

    monkeypatch.setattr(work, "build_model", lambda *_: (loaded, built))
    monkeypatch.setattr(work, "find_wrong_layer", fails)
    request = make_request(None, MODELS / "sine.tflite", "host")
    report = tmp_path / "report.json"
    with pytest.raises(VerificationError):
        work.measure_model(request, 1, None, None, False, report, bisect=True)
    assert json.loads(report.read_text(encoding="utf-8"))["verify"]["mismatched_bytes"] > 0


def test_the_command_says_that_there_is_nothing_to_bisect(tmp_path: Path) -> None:
    model = str(MODELS / "sine.tflite")
    result = tinydeploy("verify", model, "--board", "host", "--bisect", "-n", "2", cwd=tmp_path)
    assert result.exit_code == 0
    assert "nothing to bisect" in result.out
