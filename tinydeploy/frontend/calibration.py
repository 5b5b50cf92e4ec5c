"""Calibration and evaluation data: untrusted files in four forms, one value out.

Forms (docs: README of the project):
- `.npz`: `x` (or each input by its name, or `x0`, `x1`, …), and `y` for labels;
- `.npy`: the samples of a model with one input;
- `.csv`: one sample a row, optional header, optional label column;
- a folder of images: PNG, JPEG, BMP, …; sub-folders, if any, are the classes in sorted order.

Values are real values in the units that the float model expects, as float32. Only an array that
already has the integer type of a quantized input (int8 for int8) is kept as raw integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.calibration_arrays import RawSamples, read_npy, read_npz
from tinydeploy.frontend.calibration_csv import read_csv
from tinydeploy.frontend.calibration_images import read_images
from tinydeploy.frontend.calibration_shape import fit_samples, fit_targets
from tinydeploy.frontend.specs import ANY_SIZE, TensorSpec

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array

FORMS_HINT = "Pass a .npz (x, and y for labels), a .npy, a .csv or a folder of images."


@dataclass(frozen=True, slots=True)
class CalibrationData:
    """`x` holds one array (samples, *sample shape) per input of the model, in the model's order.

    `y` is None, class labels (int64, one a sample), or the wanted real outputs (float32, first
    dimension the samples).
    """

    x: tuple[Array, ...]
    y: Array | None = None

    @property
    def sample_count(self) -> int:
        return int(self.x[0].shape[0])

    def sample(self, index: int) -> tuple[Array, ...]:
        """Return sample `index`, one array per input, without the batch dimension."""
        return tuple(array[index] for array in self.x)

    def labels(self) -> Array | None:
        """Return the class labels, if `y` holds labels."""
        return self.y if self.y is not None and self.y.dtype.kind == "i" else None


def load_calibration(
    path: Path,
    inputs: Sequence[TensorSpec],
    image_range: tuple[float, float] = (0.0, 255.0),
) -> CalibrationData:
    """Read the samples in `path` for a model with `inputs`.

    Pixels of images are mapped linearly from 0..255 to `image_range`. Raises CalibrationError for
    whatever is missing, damaged, or doesn't fit the model.
    """
    raw = _read(path, inputs, image_range)
    x = tuple(
        fit_samples(array, spec, where)
        for array, spec, where in zip(raw.x, inputs, raw.names, strict=True)
    )
    counts = {array.shape[0] for array in x}
    if len(counts) != 1:
        raise CalibrationError(
            f"{path}: the inputs have different numbers of samples: "
            + ", ".join(f"{n}: {a.shape[0]}" for n, a in zip(raw.names, x, strict=True)),
            "Give every input one entry a sample.",
        )
    (count,) = counts
    return CalibrationData(x, None if raw.y is None else fit_targets(raw.y, count, path))


def no_samples(inputs: Sequence[TensorSpec]) -> CalibrationData:
    """Data of the right shapes without a sample, for a model that holds its ranges itself.

    Raises CalibrationError where a model leaves a size open: only samples can tell it.
    """
    for spec in inputs:
        if ANY_SIZE in spec.sample_shape:
            raise CalibrationError(
                f'input "{spec.name}" leaves a size open, so samples must tell it', FORMS_HINT
            )
    return CalibrationData(tuple(np.zeros((0, *s.sample_shape), np.float32) for s in inputs))


def _read(path: Path, inputs: Sequence[TensorSpec], image_range: tuple[float, float]) -> RawSamples:
    try:
        if path.is_dir():
            return read_images(path, _only(inputs, path, "a folder of images"), image_range)
        if not path.exists():
            raise CalibrationError(f"calibration data {path} does not exist", FORMS_HINT)
        if path.stat().st_size == 0:
            raise CalibrationError(f"calibration data {path} is empty (0 bytes)", FORMS_HINT)
        return _read_file(path, inputs)
    except OSError as error:
        raise CalibrationError(
            f"calibration data {path} can't be read: {error.strerror or error}", FORMS_HINT
        ) from error


def _read_file(path: Path, inputs: Sequence[TensorSpec]) -> RawSamples:
    kind = path.suffix.lower()
    if kind == ".npz":
        return read_npz(path, inputs)
    if kind == ".npy":
        _only(inputs, path, "a .npy file")
        return read_npy(path)
    if kind == ".csv":
        return read_csv(path, inputs)
    raise CalibrationError(f'calibration data {path} is of an unknown kind "{kind}"', FORMS_HINT)


def _only(inputs: Sequence[TensorSpec], path: Path, kind: str) -> TensorSpec:
    if len(inputs) == 1:
        return inputs[0]
    names = ", ".join(f'"{spec.name}"' for spec in inputs)
    raise CalibrationError(
        f"{path}: {kind} holds one input, the model has {len(inputs)} ({names})",
        "Pass a .npz with one array per input, by name or as x0, x1, …",
    )


def spread_indices(total: int, wanted: int) -> list[int]:
    """Return at most `wanted` indices out of `total`, evenly spread, first included."""
    if total <= wanted:
        return list(range(total))
    return [int(k) for k in np.arange(wanted) * total // wanted]
