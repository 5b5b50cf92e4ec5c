"""BATCH_TO_SPACE_ND with margins smaller and larger than a block."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.blocks import blocks
from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "BATCH_TO_SPACE_ND"


def cases() -> Iterator[Case]:
    types = dtypes()
    for item in blocks():
        yield movement_case(
            f"batch_to_space_nd_{item.name}",
            OPERATOR,
            [item.batched, int32(*item.blocks), int32(*item.margins)],
            [item.space],
            next(types),
            "BatchToSpaceNDOptions",
        )
