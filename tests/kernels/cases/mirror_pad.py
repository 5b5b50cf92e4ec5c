"""MIRROR_PAD in both modes, up to the largest padding that each allows."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case
from tests.kernels.paddings import PADDINGS, padded

OPERATOR = "MIRROR_PAD"

_LARGEST = (
    ((4,), ((3, 3),)),
    ((1, 5, 4, 2), ((0, 0), (4, 4), (3, 3), (0, 0))),
    ((3, 2, 3), ((2, 2), (1, 1), (0, 2))),
)


def cases() -> Iterator[Case]:
    types = dtypes()
    for number, (shape, paddings) in enumerate((*PADDINGS, *_LARGEST)):
        for mode in (0, 1):
            limit = [size - 1 + mode for size in shape]
            allowed = tuple(
                (min(low, most), min(high, most))
                for (low, high), most in zip(paddings, limit, strict=True)
            )
            yield movement_case(
                f"mirror_pad{number}_{mode}",
                OPERATOR,
                [shape, int32(*allowed)],
                [padded(shape, allowed)],
                next(types),
                "MirrorPadOptions",
                mode=mode,
            )
