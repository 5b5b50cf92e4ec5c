"""RESIZE_NEAREST_NEIGHBOR models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.resizes import resize_cases

OPERATOR = "RESIZE_NEAREST_NEIGHBOR"


def cases() -> Iterator[Case]:
    samplings = ((False, False), (True, False), (False, True), (True, True))
    return resize_cases(OPERATOR, "ResizeNearestNeighborOptions", samplings)
