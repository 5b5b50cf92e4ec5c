"""UNPACK along every axis."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case

OPERATOR = "UNPACK"

_SHAPES = ((3,), (1, 4), (3, 2), (1, 3, 5), (2, 3, 4), (1, 4, 3, 2), (2, 1, 3, 5), (2, 3, 1, 2, 3))


def cases() -> Iterator[Case]:
    types = dtypes()
    for round_ in range(2):
        for shape in _SHAPES:
            for axis, count in enumerate(shape):
                yield movement_case(
                    f"unpack_{'x'.join(map(str, shape))}_axis{axis}_{round_}",
                    OPERATOR,
                    [shape],
                    [(*shape[:axis], *shape[axis + 1 :])] * count,
                    next(types),
                    "UnpackOptions",
                    num=count,
                    axis=axis - len(shape) if round_ else axis,
                )
