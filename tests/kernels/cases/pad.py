"""PAD on each side of 1 to 5 dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case
from tests.kernels.paddings import PADDINGS, padded

OPERATOR = "PAD"


def cases() -> Iterator[Case]:
    types = dtypes()
    for round_ in range(2):
        for number, (shape, paddings) in enumerate(PADDINGS):
            yield movement_case(
                f"pad{number}_{round_}",
                OPERATOR,
                [shape, int32(*paddings)],
                [padded(shape, paddings)],
                next(types),
                "PadOptions",
            )
