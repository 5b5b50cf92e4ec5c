"""RESHAPE: the new shape as an option, as a constant, or only as the output's shape."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "RESHAPE"

_PAIRS = (
    ((12,), (3, 4)),
    ((1, 12), (1, 2, 6)),
    ((1, 2, 3, 4), (1, 24)),
    ((1, 24), (1, 2, 3, 4)),
    ((2, 3, 4), (24,)),
    ((1, 5, 1, 3), (1, 15)),
    ((7,), (7,)),
    ((1, 1, 1, 1), (1,)),
    ((2, 3, 4, 5, 2), (6, 40)),
    ((6, 8), (2, 3, 2, 2, 2)),
)


def cases() -> Iterator[Case]:
    types = dtypes()
    for number, (shape, output) in enumerate(_PAIRS):
        opened = (*output[:-1], -1)
        for kind, wanted in (("full", output), ("open", opened)):
            name = f"reshape_{number}_{kind}"
            dtype = next(types)
            yield movement_case(name, OPERATOR, [shape, int32(*wanted)], [output], dtype)
            yield movement_case(
                f"{name}_option",
                OPERATOR,
                [shape],
                [output],
                next(types),
                "ReshapeOptions",
                newShape=list(wanted),
            )
