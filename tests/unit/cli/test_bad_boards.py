"""Boards that aren't there, board files that are wrong, boards that are too small."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import assert_refused, files_below, tinydeploy
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.resources import boards_dir


def test_unknown_board_suggests_near_matches(models: Path, tmp_path: Path) -> None:
    result = tinydeploy("build", models / "int8.tflite", "-b", "qemu_cortex_m5", cwd=tmp_path)
    assert_refused(result, 6, "'qemu_cortex_m5'", "qemu_cortex_m55", "`tinydeploy boards`")
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "stack_bytes",
            "stak_bytes",
            "unknown key 'memory.stak_bytes'\n  Did you mean stack_bytes?",
        ),
        ("[memory]", "[memory", "no valid TOML"),
        ("stack_bytes = ", "stack_bytes = -", "memory.stack_bytes"),
    ],
)
def test_wrong_board_file(models: Path, tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (boards_dir() / "qemu_cortex_m4.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    result = tinydeploy("build", models / "int8.tflite", "-b", "mine.toml", cwd=tmp_path)
    assert_refused(result, 6, "board file mine.toml", said)
    assert files_below(tmp_path) == ["mine.toml"]


def test_missing_board_file(models: Path, tmp_path: Path) -> None:
    result = tinydeploy("build", models / "int8.tflite", "-b", "no.toml", cwd=tmp_path)
    assert_refused(result, 6, "board file no.toml can't be read", "`tinydeploy boards`")


LONG = ";".join(["model/activation/Relu", "model/bias/ReadVariableOp", "model/dense_17/MatMul"])


def two_layers(features: int, units: int) -> bytes:
    """int8 fully connected layers with a large activation or large weights in between."""
    builder = ModelBuilder()
    x = builder.input([1, features], scale=0.1, name="in")
    for name, size, before in ((LONG, units, features), ("out", 2, units)):
        data = np.ones((size, before), np.int8)
        weights = builder.tensor([size, before], scale=0.1, data=data, name=f"{name}/weights")
        make = builder.output if name == "out" else builder.tensor
        y = make([1, size], scale=0.1, name=name)
        builder.operator("FULLY_CONNECTED", [x, weights, -1], [y], "FullyConnectedOptions")
        x = y
    return builder.build()


@pytest.mark.parametrize(
    ("features", "units", "said"),
    [
        (4, 20_000, ("of RAM", "20.0 kB arena", '"model/dense_17/MatMul" (20.0 kB)')),
        (400, 400, ("of flash", "weights and code", "160.0 kB")),
    ],
    ids=["RAM", "flash"],
)
def test_model_that_does_not_fit_is_refused_before_the_build(
    tmp_path: Path, features: int, units: int, said: tuple[str, ...]
) -> None:
    (tmp_path / "m.tflite").write_bytes(two_layers(features, units))
    result = tinydeploy("run", "m.tflite", "-b", "stm32vldiscovery", cwd=tmp_path)
    assert_refused(result, 7, "stm32vldiscovery has", "It would fit on: host", *said)
    assert "ReadVariableOp" not in result.err
    assert files_below(tmp_path) == ["m.tflite"]
