"""How often a model's outputs name the class in the labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array


def right_answers(outputs: Array, labels: Array) -> Array | None:
    """Return which of `outputs` (samples, …, real values) name the class in `labels` (samples,).

    The class is the largest element; a single element is a class number where labels go beyond 1
    (ARG_MAX), else a probability with its threshold at 0.5. None where the labels fit neither.
    """
    flat = outputs.reshape(len(outputs), -1)
    count = flat.shape[1]
    if count > 1:
        predicted = flat.argmax(axis=1)
        return np.asarray(predicted == labels) if labels.max() < count else None
    if labels.max() > 1:
        whole = bool((flat == np.round(flat)).all())
        return np.asarray(flat[:, 0] == labels) if whole else None
    return np.asarray((flat[:, 0] >= 0.5) == labels)


def accuracy(outputs: Array, labels: Array) -> float | None:
    """Return the share of right_answers(), None where the labels fit no classes."""
    right = right_answers(outputs, labels)
    return None if right is None else float(np.mean(right))
