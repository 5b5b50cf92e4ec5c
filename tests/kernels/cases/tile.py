"""TILE of 1 to 5 axes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "TILE"

_PAIRS = (
    ((5,), (3,)),
    ((1,), (7,)),
    ((1, 4), (1, 2)),
    ((3, 4), (2, 3)),
    ((3, 4), (1, 1)),
    ((1, 5, 3), (1, 2, 1)),
    ((1, 5, 3), (1, 1, 4)),
    ((2, 3, 2), (2, 2, 2)),
    ((1, 4, 1, 3), (1, 1, 5, 1)),
    ((1, 4, 5, 3), (1, 2, 3, 1)),
    ((1, 4, 5, 3), (1, 2, 2, 2)),
    ((1, 4, 5, 3), (2, 1, 1, 2)),
    ((1, 1, 1, 6), (1, 4, 5, 1)),
    ((1, 3, 1, 4, 2), (1, 2, 1, 3, 1)),
    ((1, 1, 1, 1), (2, 3, 4, 5)),
)


def cases() -> Iterator[Case]:
    types = dtypes()
    for round_ in range(2):
        for number, (shape, multiples) in enumerate(_PAIRS):
            yield movement_case(
                f"tile_{number}_{round_}",
                OPERATOR,
                [shape, int32(*multiples)],
                [[size * times for size, times in zip(shape, multiples, strict=True)]],
                next(types),
                "TileOptions",
            )
