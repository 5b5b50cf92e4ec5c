"""PACK of 1 to 4 inputs at every axis."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case

OPERATOR = "PACK"

_SHAPES = ((), (5,), (1, 4), (3, 2), (1, 3, 5), (2, 3, 2), (1, 4, 3, 2))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for axis in range(len(shape) + 1):
            for count in (1, 2, 4):
                yield movement_case(
                    f"pack_{'x'.join(map(str, shape))}_axis{axis}_{count}",
                    OPERATOR,
                    [shape] * count,
                    [(*shape[:axis], count, *shape[axis:])],
                    next(types),
                    "PackOptions",
                    valuesCount=count,
                    axis=axis - len(shape) - 1 if count == 2 else axis,
                )
