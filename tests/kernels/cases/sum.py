"""SUM models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.reductions import reduction_cases

OPERATOR = "SUM"


def cases() -> Iterator[Case]:
    return reduction_cases(OPERATOR, rescales=True)
