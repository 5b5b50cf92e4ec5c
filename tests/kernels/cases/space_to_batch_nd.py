"""SPACE_TO_BATCH_ND with margins smaller and larger than a block."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.blocks import blocks
from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "SPACE_TO_BATCH_ND"


def cases() -> Iterator[Case]:
    types = dtypes()
    for item in blocks():
        yield movement_case(
            f"space_to_batch_nd_{item.name}",
            OPERATOR,
            [item.space, int32(*item.blocks), int32(*item.margins)],
            [item.batched],
            next(types),
            "SpaceToBatchNDOptions",
        )
