"""Labelled data for compression, and its split into what trains, what selects and what judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.wiring import activation_name
from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.calibration import CalibrationData, load_calibration
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.ir.graph import Array

SELECTION_SAMPLES = 1000
TEST_SAMPLES = 3000
"""At most: more would hardly make an accuracy surer, and training can use them."""
_SELECTION_SHARE = 0.15
_TEST_SHARE = 0.15
_LEAST_OF_A_CLASS = 4
_HINT = "Save it with numpy.savez(path, x=samples, y=labels): a class number for each sample."


@dataclass(frozen=True, slots=True)
class Dataset:
    """`x`: one float32 array (samples, *shape) for each input; `y`: class numbers, int64."""

    x: tuple[Array, ...]
    y: Array

    def __len__(self) -> int:
        return len(self.y)

    def take(self, indices: Sequence[int] | Array) -> Dataset:
        """The samples at these indices."""
        return Dataset(tuple(x[indices] for x in self.x), self.y[indices])

    def first(self, count: int) -> Dataset:
        """At most `count` samples."""
        return self.take(np.arange(min(count, len(self))))

    def calibration(self, count: int) -> CalibrationData:
        """At most `count` samples, for the converter."""
        part = self.first(count)
        return CalibrationData(part.x, part.y)


@dataclass(frozen=True, slots=True)
class Split:
    """Three parts without a sample in common."""

    train: Dataset
    selection: Dataset
    test: Dataset


def read_dataset(path: Path, model: Any) -> Dataset:
    """Read labelled samples for a keras.Model with one output: a score for each class.

    Or one probability, a sigmoid's: of class 1, and what it lacks is of class 0.

    Raises CalibrationError: no labels, other counts or shapes, NaN, classes that the model lacks.
    """
    found = load_calibration(path, from_keras(model).inputs)
    labels = found.labels()
    if labels is None:
        raise CalibrationError(f"{path} has no labels", _HINT)
    classes = _class_count(model)
    if labels.min() < 0 or labels.max() >= classes:
        wrong = int(labels.min() if labels.min() < 0 else labels.max())
        raise CalibrationError(
            f"{path}: label {wrong} is no class of the model, which tells {classes} classes apart "
            f"(0 to {classes - 1})",
            "Number the classes from 0, in the order of the model's outputs.",
        )
    return Dataset(found.x, labels)


def _class_count(model: Any) -> int:
    shapes = [tuple(output.shape) for output in model.outputs]
    if len(shapes) != 1 or len(shapes[0]) != 2 or not shapes[0][1]:
        raise CalibrationError(
            f"the model's outputs have the shapes {shapes}: no score for each class",
            "Compression checks itself by accuracy: it needs one output of shape (batch, classes).",
        )
    if shapes[0][1] > 1:
        return int(shapes[0][1])
    if not _ends_in_sigmoid(model):
        raise CalibrationError(
            "the model's one output is no sigmoid's: it tells no classes apart",
            "Compression checks itself by accuracy: it needs a score for each class, or one "
            "probability. Where it is a logit, put a sigmoid behind it.",
        )
    return 2


def _ends_in_sigmoid(model: Any) -> bool:
    last = rewrite(model)
    (output,) = last.model.outputs
    return any(
        activation_name(call.layer) == "sigmoid" or type(call.layer).__name__ == "Sigmoid"
        for call in last.calls
        if any(output is x for x in call.outputs)
    )


def split(data: Dataset, test: Dataset | None, seed: int) -> Split:
    """Split each class alike: 15 % select, 15 % judge (or `test`, shuffled), the rest trains.

    Of many samples no more than SELECTION_SAMPLES and TEST_SAMPLES, and some for rounding.

    Raises CalibrationError where a class has too few samples for that.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[Array], ...] = ([], [], [])
    select_share = min(_SELECTION_SHARE, SELECTION_SAMPLES / max(len(data), 1))
    judge_share = min(_TEST_SHARE, TEST_SAMPLES / max(len(data), 1))
    for label in np.unique(data.y):
        indices = rng.permutation(np.flatnonzero(data.y == label))
        if len(indices) < _LEAST_OF_A_CLASS:
            raise CalibrationError(
                f"class {label} has {len(indices)} samples; training, selecting and judging need "
                f"at least {_LEAST_OF_A_CLASS}",
                "Collect more samples of it.",
            )
        judged = 0 if test is not None else max(1, round(judge_share * len(indices)))
        selected = max(1, round(select_share * len(indices)))
        for part, chosen in zip(parts, np.split(indices, [judged, judged + selected]), strict=True):
            part.append(chosen)
    judge, select, train = (data.take(rng.permutation(np.concatenate(part))) for part in parts)
    # Often a file has one class after the other, and not all of it may be judged by.
    return Split(train, select, judge if test is None else test.take(rng.permutation(len(test))))
