"""Fits arrays from a file to a model's inputs, or says clearly why they don't fit.

Only changes that can't alter the meaning are made by themselves: adding or dropping a dimension of
1, one sample without its batch dimension, and flattened samples (row-major) of the right size.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.specs import ANY_SIZE, TensorSpec

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array

# As float32 this is 1 GiB.
_MAX_ELEMENTS = 1 << 28

Shape = tuple[int, ...]


def fit_samples(array: Array, spec: TensorSpec, where: str) -> Array:
    """Return `array` as (samples, *sample shape), float32 or the raw integers of the input.

    Raises CalibrationError for another shape, no samples, NaN or infinity.
    """
    shaped = _reshape(array, spec, where)
    if shaped.size == 0:
        raise CalibrationError(f"{where} holds no samples", "Save at least one sample.")
    if shaped.size > _MAX_ELEMENTS:
        raise CalibrationError(
            f"{where} holds {shaped.size} values, more than {_MAX_ELEMENTS}",
            "A few hundred samples are enough for calibration: save fewer.",
        )
    if spec.is_quantized and shaped.dtype == np.dtype(spec.dtype):
        return shaped
    values = shaped.astype(np.float32)
    _check_finite(values, where)
    return values


def _check_finite(values: Array, where: str) -> None:
    flat = values.reshape(values.shape[0], -1)
    bad = np.flatnonzero(~np.isfinite(flat).all(axis=1))
    if bad.size:
        raise CalibrationError(
            f"{where} has NaN or infinite values in {bad.size} of {values.shape[0]} samples "
            f"(first: sample {bad[0]})",
            "Remove these samples, or mend what computes them.",
        )


def _reshape(array: Array, spec: TensorSpec, where: str) -> Array:
    sample = spec.sample_shape
    for shape in _readings(array.shape, sample):
        if _matches(shape[1:], sample):
            return array.reshape(shape)
    raise CalibrationError(
        f'{where} has shape {list(array.shape)}, input "{spec.name}" takes samples of shape '
        f"{_show(sample)}: expected {_show((ANY_SIZE, *sample))}",
        _shape_hint(array.shape, sample),
    )


def _readings(found: Shape, sample: Shape) -> Iterator[Shape]:
    """Yield the shapes (samples first) that an array of shape `found` may stand for, best first."""
    yield found
    if found and sample and sample[-1] == 1:
        yield (*found, 1)  # no channel dimension
    if len(found) > 1 and found[-1] == 1:
        yield found[:-1]  # a channel dimension too many
    if len(found) > 1 and found[1] == 1:
        yield (found[0], *found[2:])  # each sample with its own batch dimension
    if len(found) == 2 and ANY_SIZE not in sample and found[1] == prod(sample):
        yield (found[0], *sample)  # flattened samples
    yield (1, *found)  # one sample
    if sample and sample[-1] == 1:
        yield (1, *found, 1)
    if len(found) == 1 and ANY_SIZE not in sample and found[0] == prod(sample):
        yield (1, *sample)


def _matches(found: Shape, sample: Shape) -> bool:
    return len(found) == len(sample) and all(
        want in (ANY_SIZE, have) for have, want in zip(found, sample, strict=True)
    )


def _show(shape: Shape) -> str:
    return "[" + ", ".join("any" if d == ANY_SIZE else str(d) for d in shape) + "]"


def _shape_hint(found: Shape, sample: Shape) -> str:
    if len(found) == 4 and len(sample) == 3 and (*found[2:], found[1]) == sample:
        return "The data has its channels first: use x.transpose(0, 2, 3, 1)."
    return "Save the samples as the float model takes them, the first dimension counting them."


def fit_targets(array: Array, sample_count: int, path: Path) -> Array:
    """Return labels as int64 (samples,), or real targets as float32 (samples, …).

    One-hot rows become labels. Raises CalibrationError where there isn't one entry a sample.
    """
    rows = array.reshape(1) if array.ndim == 0 else array
    if rows.shape[0] != sample_count:
        raise CalibrationError(
            f"{path}: {rows.shape[0]} labels for {sample_count} samples",
            "Save one label a sample.",
        )
    if rows.ndim == 2 and rows.shape[1] == 1:
        rows = rows[:, 0]
    if not np.isfinite(rows).all():
        raise CalibrationError(f"{path}: labels are NaN or infinite", "Mend the labels.")
    if _is_one_hot(rows):
        return np.asarray(rows.argmax(axis=1), np.int64)
    if rows.ndim == 1 and (rows.dtype.kind in "biu" or _are_labels(rows)):
        return rows.astype(np.int64)
    return rows.astype(np.float32)


def _is_one_hot(rows: Array) -> bool:
    return bool(
        rows.ndim == 2
        and np.isin(rows, (0, 1)).all()
        and (np.count_nonzero(rows, axis=1) == 1).all()
    )


def _are_labels(rows: Array) -> bool:
    return bool((rows == np.round(rows)).all() and (rows >= 0).all())
