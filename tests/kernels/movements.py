"""Test cases of operators that only move data."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.kernels.case import Case
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.ir.graph import Array

DTYPES = ("int8", "int8", "uint8", "int32", "float32")
SCALES = (0.05, 1e-6, 3000.0)
QUANTIZED = {"int8": (-128, 127, 0, -7), "uint8": (0, 255, 128, 3), "int16": (0,)}


def dtypes() -> itertools.cycle[str]:
    """Element types in turn, int8 most often."""
    return itertools.cycle(DTYPES)


def movement_case(
    name: str,
    operator: str,
    inputs: Sequence[tuple[int, ...] | Array],
    outputs: Sequence[Sequence[int]],
    dtype: str = "int8",
    options: str | None = None,
    **fields: Any,
) -> Case:
    """A case whose inputs are model inputs (given by shape) or constant parameters (arrays)."""
    label = f"{name}_{dtype}"
    choice = len(label)

    def add(model: ModelBuilder) -> None:
        points = QUANTIZED.get(dtype)
        kind: dict[str, Any] = {"dtype": dtype}
        if points:
            kind |= {"scale": SCALES[choice % 3], "zero_point": points[choice % len(points)]}
        sources = [
            model.input(item, **kind) if isinstance(item, tuple) else constant(model, item)
            for item in inputs
        ]
        results = [
            model.output(shape, name=f"{label}_{i}", **kind) for i, shape in enumerate(outputs)
        ]
        model.operator(operator, sources, results, options, **fields)

    return Case(label, add)


def constant(model: ModelBuilder, values: Array) -> int:
    """A parameter tensor."""
    array = np.asarray(values)
    return model.tensor(array.shape, str(array.dtype), data=array)


def int32(*values: Any) -> Array:
    """An int32 array of numbers or nested sequences."""
    return np.array(values, np.int32)


def scalar(value: int) -> Array:
    """An int32 scalar."""
    return np.array(value, np.int32)
