"""SPLIT into equal parts along every axis."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case, scalar

OPERATOR = "SPLIT"

_SHAPES = ((6,), (1, 12), (4, 6), (1, 6, 5), (2, 4, 3), (1, 4, 6, 3), (2, 2, 2, 8), (1, 2, 3, 4, 2))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for axis in range(len(shape)):
            for parts in (1, 2, 3, 4):
                if shape[axis] % parts == 0:
                    yield _case(shape, axis, parts, next(types))


def _case(shape: tuple[int, ...], axis: int, parts: int, dtype: str) -> Case:
    part = (*shape[:axis], shape[axis] // parts, *shape[axis + 1 :])
    return movement_case(
        f"split_{'x'.join(map(str, shape))}_axis{axis}_{parts}",
        OPERATOR,
        [scalar(axis - len(shape) if parts == 2 else axis), shape],
        [part] * parts,
        dtype,
        "SplitOptions",
        numSplits=parts,
    )
