"""Calibration data that doesn't fit the model, or is no data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command_line import assert_refused, files_below, tinydeploy
from tests.support.small_models import samples


def spoiled(value: float) -> Any:
    data = samples()
    data[3, 2, 1, 0] = value
    return data


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (samples()[:, :7], "has shape [20, 7, 8, 1]"),
        (samples().reshape(20, -1)[:, :63], "has shape [20, 63]"),
        (samples()[:0], "holds no samples"),
        (spoiled(float("nan")), "NaN or infinite values in 1 of 20 samples (first: sample 3)"),
        (spoiled(float("inf")), "NaN or infinite"),
        (samples().astype(np.complex64), "values of type complex64"),
        (np.array(["a"] * 5), "values of type <U1"),
    ],
    ids=["shape", "flat", "empty", "nan", "infinite", "complex", "text"],
)
def test_data_of_another_shape_or_type(models: Path, tmp_path: Path, data: Any, said: str) -> None:
    work = tmp_path / "work"
    work.mkdir()
    np.save(tmp_path / "data.npy", data)
    result = tinydeploy(
        "run", models / "model.keras", "-b", "host", "-c", tmp_path / "data.npy", cwd=work
    )
    assert_refused(result, 5, "data.npy", said)
    assert files_below(work) == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("data.npz", b"PK\x03\x04junk"),
        ("data.npy", b""),
        ("data.csv", b"1,2,x\n"),
        ("data.doc", b"x"),
    ],
)
def test_file_that_holds_no_data(models: Path, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    result = tinydeploy("build", models / "model.keras", "-b", "host", "-c", name, cwd=tmp_path)
    assert_refused(result, 5, name)
    assert files_below(tmp_path) == [name]


def test_missing_calibration_data(models: Path, tmp_path: Path) -> None:
    result = tinydeploy("build", models / "model.keras", "-b", "host", "-c", "no.npz", cwd=tmp_path)
    assert_refused(result, 5, "no.npz", "No such file")
    assert files_below(tmp_path) == []


def test_data_to_verify_with_of_another_shape(models: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "data.npy", np.zeros((4, 15), np.float32))
    result = tinydeploy(
        "verify", models / "int8.tflite", "-b", "host", "--data", "data.npy", cwd=tmp_path
    )
    assert_refused(result, 5, "data.npy has shape [4, 15]")
