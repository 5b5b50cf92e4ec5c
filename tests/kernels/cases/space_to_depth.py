"""SPACE_TO_DEPTH with blocks of 1 to 4."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case

OPERATOR = "SPACE_TO_DEPTH"


def cases() -> Iterator[Case]:
    types = dtypes()
    for batch in (1, 3):
        for block in (1, 2, 3, 4):
            for height, width, channels in ((1, 1, 1), (2, 3, 1), (3, 2, 5), (1, 4, 2)):
                yield movement_case(
                    f"space_to_depth_{batch}_{block}_{height}x{width}x{channels}",
                    OPERATOR,
                    [(batch, height * block, width * block, channels)],
                    [(batch, height, width, channels * block**2)],
                    next(types),
                    "SpaceToDepthOptions",
                    blockSize=block,
                )
