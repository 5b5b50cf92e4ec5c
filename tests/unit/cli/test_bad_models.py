"""Models that can't be deployed: one clear message, the documented exit code, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import assert_refused, files_below, tinydeploy
from tests.support.tflite_builder import ModelBuilder


def assert_model_refused(model: Path, work: Path, exit_code: int, *said: str) -> None:
    result = tinydeploy("build", model, "--board", "host", "--json", "r.json", cwd=work)
    assert_refused(result, exit_code, *said)
    assert len(result.err.splitlines()) > 1, "no hint"
    assert files_below(work) == []


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.tflite", b"", "empty (0 bytes)"),
        ("text.tflite", b"this is not a model at all", "not a .tflite file"),
        ("short.tflite", b"\x1c\0\0\0TFL3", "damaged or truncated"),
        ("model.bin", b"this is not a model at all", "of an unknown kind"),
        ("model.keras", b"PK\x03\x04 but no archive", "model.keras"),
        ("model.h5", b"\x89HDF\r\n\x1a\n and no more", "model.h5"),
    ],
)
def test_damaged_file(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    model, work = tmp_path / name, tmp_path / "work"
    model.write_bytes(content)
    work.mkdir()
    calibration = tmp_path / "calibration.npy"
    calibration.write_bytes(b"\x93NUMPY")
    result = tinydeploy("build", model, "-b", "host", "-c", calibration, cwd=work)
    assert_refused(result, 3, said)
    assert files_below(work) == []


def test_missing_file(tmp_path: Path) -> None:
    assert_model_refused(tmp_path / "no.tflite", tmp_path, 3, "does not exist")


def test_folder_that_is_no_saved_model(tmp_path: Path) -> None:
    assert_model_refused(tmp_path, tmp_path, 3, "without saved_model.pb")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.99])
def test_truncated_file(models: Path, tmp_path: Path, share: float) -> None:
    whole = (models / "int8.tflite").read_bytes()
    model, work = tmp_path / "cut.tflite", tmp_path / "work"
    model.write_bytes(whole[: max(8, int(len(whole) * share))])
    work.mkdir()
    assert_model_refused(model, work, 3, "cut")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("float.tflite", 'model "float" is a float model: operator 0 (CONV_2D)'),
        ("hybrid.tflite", 'model "hybrid" is a dynamic-range (hybrid) model'),
        ("float16.tflite", 'model "float16" is a float16 model'),
        ("unsupported.tflite", 'operator 1 is COS (output "out")'),
    ],
)
def test_model_that_is_not_full_integer(models: Path, tmp_path: Path, name: str, said: str) -> None:
    assert_model_refused(models / name, tmp_path, 4, said)


def test_float_model_without_calibration_data(models: Path, tmp_path: Path) -> None:
    assert_model_refused(models / "model.keras", tmp_path, 5, "--calibration", "float model")


def test_model_with_more_inputs_than_the_serial_line_can_number(tmp_path: Path) -> None:
    builder, work = ModelBuilder(), tmp_path / "work"
    for _ in range(256):
        x = builder.input([1, 1], scale=0.1)
        builder.operator("RELU", [x], [builder.output([1, 1], scale=0.1)])
    (tmp_path / "m.tflite").write_bytes(builder.build())
    work.mkdir()
    assert_model_refused(tmp_path / "m.tflite", work, 4, "256 inputs", "at most 255")
