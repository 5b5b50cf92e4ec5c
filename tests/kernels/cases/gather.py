"""GATHER of constant indices: single ones, repeated ones, runs in both directions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case, scalar
from tinydeploy.ir.graph import Array

OPERATOR = "GATHER"

_SHAPES = ((8,), (1, 8), (8, 3), (1, 8, 3), (2, 8, 3), (1, 8, 8, 2))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for axis, size in enumerate(shape):
            if size == 8:
                for number, indices in enumerate(_indices()):
                    yield _case(shape, axis, indices, number, next(types))


def _indices() -> tuple[Array, ...]:
    return (
        scalar(3),
        int32(7),
        int32(0, 2, 4, 6),
        int32(7, 6, 5, 4, 3, 2, 1, 0),
        int32(5, 5, 1, 0, 7, 7, 7, 2),
        np.array([[1, 0], [4, 6], [2, 2]], np.int32),
    )


def _case(shape: tuple[int, ...], axis: int, indices: Array, number: int, dtype: str) -> Case:
    return movement_case(
        f"gather_{'x'.join(map(str, shape))}_axis{axis}_{number}",
        OPERATOR,
        [shape, indices],
        [(*shape[:axis], *indices.shape, *shape[axis + 1 :])],
        dtype,
        "GatherOptions",
        axis=axis - len(shape) if number == 2 else axis,
    )
