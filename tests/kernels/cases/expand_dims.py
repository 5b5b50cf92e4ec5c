"""EXPAND_DIMS at every place."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case, scalar

OPERATOR = "EXPAND_DIMS"

_SHAPES = ((6,), (1, 5), (3, 4), (1, 4, 3), (2, 3, 4), (1, 2, 3, 4))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for axis in range(-len(shape) - 1, len(shape) + 1):
            place = axis % (len(shape) + 1)
            yield movement_case(
                f"expand_dims_{'x'.join(map(str, shape))}_{axis}",
                OPERATOR,
                [shape, scalar(axis)],
                [(*shape[:place], 1, *shape[place:])],
                next(types),
            )
