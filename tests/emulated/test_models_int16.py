"""The four networks with int16 activations (16x8): bit for bit what the reference computes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.models import MODELS
from tests.support.command_line import environment
from tests.support.shared import made_once
from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.config import Quantize
from tinydeploy.ir.graph import DType

pytestmark = pytest.mark.emulated
SAMPLES = 3
OTHER_BOARDS = ("qemu_cortex_m0", "qemu_cortex_m55", "qemu_riscv32")
WITHIN = 0.01


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def make(folder: Path) -> None:
        kind = Quantize.INT16X8.value
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.models", str(folder), kind]
        subprocess.run(command, check=True, capture_output=True, env=environment())

    return made_once(tmp_path_factory, "networks-int16x8", make)


@pytest.mark.parametrize(
    ("board_id", "name"),
    [
        *((board, name) for board in ("host", "qemu_cortex_m4") for name in MODELS),
        *((board, "kws_random") for board in OTHER_BOARDS),
    ],
)
def test_network_of_int16_equals_the_reference(
    models: Path, tmp_path: Path, board_id: str, name: str
) -> None:
    loaded = pipeline.load(models / f"{name}.tflite", None)
    compiled = pipeline.compile_model(loaded, load_board(board_id))
    activations = {layer.node.outputs[0] for layer in compiled.plan.layers}
    assert {compiled.plan.graph.tensors[index].dtype for index in activations} == {DType.INT16}
    built = pipeline.build(compiled, tmp_path / "p")
    samples = pipeline.choose_samples(loaded, None, SAMPLES, seed=0)
    measurement, verification = pipeline.measure(built, samples)
    assert (verification.samples, verification.mismatched_bytes) == (SAMPLES, 0)
    assert measurement.arena_bytes == compiled.plan.arena_bytes
    assert built.sizes.weights_bytes == pytest.approx(compiled.library.weights_bytes, rel=WITHIN)
    # The host's linker fills a few bytes less between functions, which counts in little code.
    assert built.sizes.code_bytes == pytest.approx(compiled.code_bytes, rel=WITHIN, abs=32)
