from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydeploy.compress.dataset import Dataset, read_dataset, split
from tinydeploy.errors import CalibrationError

CLASSES, SAMPLES = 3, 120


@pytest.fixture(scope="module")
def model(keras: Any) -> Any:
    scores = keras.layers.Dense(CLASSES, activation="softmax")
    return keras.Sequential([keras.Input((4, 2)), keras.layers.Flatten(), scores])


def samples() -> dict[str, Any]:
    x = np.random.default_rng(0).random((SAMPLES, 4, 2), np.float32)
    return {"x": x, "y": np.arange(SAMPLES) % CLASSES}


def with_nan() -> dict[str, Any]:
    found = samples()
    found["x"][7, 2, 1] = np.nan
    return found


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({**samples(), "y": samples()["y"][1:]}, r"120.*119|119.*120"),
        ({**samples(), "y": samples()["y"] - 1}, "label -1 is no class"),
        ({"x": samples()["x"]}, "no labels"),
        (with_nan(), "NaN"),
    ],
)
def test_bad_data_is_refused(model: Any, tmp_path: Path, data: Any, said: str) -> None:
    np.savez(tmp_path / "bad.npz", **data)
    with pytest.raises(CalibrationError, match=said):
        read_dataset(tmp_path / "bad.npz", model)


@pytest.mark.parametrize("separate", [False, True])
def test_one_probability_tells_two_classes_apart(
    keras: Any, tmp_path: Path, separate: bool
) -> None:
    layers = keras.layers
    end = (
        [layers.Dense(1), layers.Activation("sigmoid")]
        if separate
        else [layers.Dense(1, "sigmoid")]
    )
    binary = keras.Sequential([keras.Input((4, 2)), layers.Flatten(), *end])
    np.savez(tmp_path / "data.npz", **{**samples(), "y": np.arange(SAMPLES) % 2})
    assert set(read_dataset(tmp_path / "data.npz", binary).y) == {0, 1}
    np.savez(tmp_path / "data.npz", **samples())
    with pytest.raises(CalibrationError, match="label 2 is no class"):
        read_dataset(tmp_path / "data.npz", binary)


def test_one_number_that_is_no_probability_is_refused(keras: Any, tmp_path: Path) -> None:
    regression = keras.Sequential(
        [keras.Input((4, 2)), keras.layers.Flatten(), keras.layers.Dense(1)]
    )
    np.savez(tmp_path / "data.npz", **samples())
    with pytest.raises(CalibrationError, match="no sigmoid's"):
        read_dataset(tmp_path / "data.npz", regression)


def test_each_class_is_split_alike_and_no_sample_is_in_two_parts(
    model: Any, tmp_path: Path
) -> None:
    np.savez(tmp_path / "data.npz", **samples())
    parts = split(read_dataset(tmp_path / "data.npz", model), None, seed=3)
    found = (parts.train, parts.selection, parts.test)
    assert [len(part) for part in found] == [84, 18, 18]
    assert {tuple(np.bincount(part.y)) for part in found} == {(28,) * 3, (6,) * 3}
    assert len({x.tobytes() for part in found for x in part.x[0]}) == SAMPLES


def test_of_many_samples_nearly_all_train() -> None:
    data = Dataset((np.zeros((50_000, 1), np.float32),), np.arange(50_000) % 10)
    parts = split(data, None, seed=0)
    assert [len(p) for p in (parts.train, parts.selection, parts.test)] == [46_000, 1_000, 3_000]
    with_test = split(data, parts.test, seed=0)
    assert [len(p) for p in (with_test.train, with_test.selection)] == [49_000, 1_000]


def test_samples_that_judge_are_shuffled_whatever_their_order() -> None:
    y = np.repeat(np.arange(3), 400)
    data = Dataset((np.zeros((1200, 1)),), y)
    first = split(data, Dataset((np.zeros((1200, 1)),), y), 0).test.first(300)
    assert np.bincount(first.y).min() > 60


def test_class_with_too_few_samples_is_named(model: Any, tmp_path: Path) -> None:
    few = samples()
    few["y"] = np.where(np.arange(SAMPLES) < 3, 2, few["y"] % 2)
    np.savez(tmp_path / "few.npz", **few)
    with pytest.raises(CalibrationError, match="class 2 has 3 samples"):
        split(read_dataset(tmp_path / "few.npz", model), None, seed=0)
