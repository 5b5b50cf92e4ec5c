"""MEAN models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.reductions import int16_reduction_cases, reduction_cases

OPERATOR = "MEAN"


def cases() -> Iterator[Case]:
    yield from reduction_cases(OPERATOR, rescales=True)
    yield from int16_reduction_cases(OPERATOR)
