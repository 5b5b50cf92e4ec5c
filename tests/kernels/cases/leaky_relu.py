"""LEAKY_RELU models: slopes below and above 1, and negative ones."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import unary_cases

OPERATOR = "LEAKY_RELU"


def cases() -> Iterator[Case]:
    options = "LeakyReluOptions"
    yield from unary_cases(OPERATOR, options=options, alpha=0.3)
    for alpha in (0.1, 0.0, 1.5, -0.4):
        yield from unary_cases(OPERATOR, ((0.05, 0.04),), options, alpha=alpha)
