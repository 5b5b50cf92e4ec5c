"""REDUCE_MAX models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.reductions import reduction_cases

OPERATOR = "REDUCE_MAX"


def cases() -> Iterator[Case]:
    return reduction_cases(OPERATOR, rescales=False)
