"""REVERSE_V2 of each dimension, and of neighbouring ones."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "REVERSE_V2"

_SHAPES = ((6,), (1, 5), (3, 4), (1, 5, 3), (2, 3, 4), (1, 4, 3, 2), (2, 3, 2, 3), (2, 1, 3, 2, 2))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for first in range(len(shape)):
            for last in range(first, min(first + 2, len(shape))):
                axes = tuple(range(first, last + 1))
                yield movement_case(
                    f"reverse_{'x'.join(map(str, shape))}_{''.join(map(str, axes))}",
                    OPERATOR,
                    [shape, int32(*axes)],
                    [shape],
                    next(types),
                )
