"""REDUCE_PROD of shapes: known values, some of which leave int32."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.kernels.case import Case
from tests.kernels.movements import constant, int32
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "REDUCE_PROD"

_SHAPES = ((1,), (3,), (6,), (2, 3), (3, 1), (2, 2, 3))


def cases() -> Iterator[Case]:
    rng = np.random.default_rng(31)
    for dtype in ("int32", "int64"):
        for shape in _SHAPES:
            for keep in (False, True):
                for axis in range(len(shape)):
                    name = f"prod_{'x'.join(map(str, shape))}_{axis}_{keep}_{dtype}"
                    yield _case(name, rng.integers(-3000, 3000, shape).astype(dtype), axis, keep)


def _case(name: str, values: np.ndarray, axis: int, keep: bool) -> Case:
    def add(model: ModelBuilder) -> None:
        shape = np.prod(values, axis, keepdims=keep).shape
        model.input((1, 2), scale=1.0, name=f"{name}_unused")
        out = model.output(shape, dtype=str(values.dtype), name=name)
        sources = [constant(model, values), constant(model, int32(axis))]
        model.operator(OPERATOR, sources, [out], "ReducerOptions", keepDims=keep)

    return Case(name, add)
