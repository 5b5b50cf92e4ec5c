"""RELU_0_TO_1 models: scales, zero points, types and shapes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import unary_cases

OPERATOR = "RELU_0_TO_1"


def cases() -> Iterator[Case]:
    yield from unary_cases(OPERATOR)
