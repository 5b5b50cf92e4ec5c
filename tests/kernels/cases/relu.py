"""RELU models: scales, zero points, types and shapes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import int16_cases, unary_cases

OPERATOR = "RELU"


def cases() -> Iterator[Case]:
    yield from unary_cases(OPERATOR)
    yield from int16_cases(OPERATOR)
