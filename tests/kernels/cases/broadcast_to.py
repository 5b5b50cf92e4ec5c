"""BROADCAST_TO: dimensions of size 1, and missing ones, repeated."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "BROADCAST_TO"

_PAIRS = (
    ((1,), (7,)),
    ((5,), (5,)),
    ((4,), (3, 4)),
    ((1, 6), (4, 6)),
    ((3, 1), (3, 5)),
    ((1, 1), (2, 3)),
    ((2, 1, 4), (2, 3, 4)),
    ((1, 3, 1), (5, 3, 2)),
    ((3,), (1, 4, 5, 3)),
    ((1, 1, 1, 3), (1, 4, 5, 3)),
    ((1, 4, 1, 3), (1, 4, 6, 3)),
    ((1, 4, 5, 1), (2, 4, 5, 3)),
    ((1, 1, 5, 1), (2, 4, 5, 3)),
    ((2, 1, 3, 1, 2), (2, 2, 3, 4, 2)),
    ((1, 2, 1, 2, 1), (3, 2, 2, 2, 3)),
)


def cases() -> Iterator[Case]:
    types = dtypes()
    for round_ in range(2):
        for number, (shape, output) in enumerate(_PAIRS):
            yield movement_case(
                f"broadcast_{number}_{round_}",
                OPERATOR,
                [shape, int32(*output)],
                [output],
                next(types),
            )
