"""AVERAGE_POOL_2D models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.pools import pool_cases

OPERATOR = "AVERAGE_POOL_2D"


def cases() -> Iterator[Case]:
    return pool_cases(OPERATOR)
