"""LEAKY_RELU models: slopes below and above 1, and negative ones."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import unary_cases

OPERATOR = "LEAKY_RELU"


def cases() -> Iterator[Case]:
    for alpha in (0.1, 0.3, 0.0, 1.5, -0.4):
        yield from unary_cases(OPERATOR, options="LeakyReluOptions", alpha=alpha)
