"""RESIZE_BILINEAR models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.resizes import resize_cases

OPERATOR = "RESIZE_BILINEAR"


def cases() -> Iterator[Case]:
    samplings = ((False, False), (True, False), (False, True))
    return resize_cases(OPERATOR, "ResizeBilinearOptions", samplings)
