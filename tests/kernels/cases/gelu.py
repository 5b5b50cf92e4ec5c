"""GELU models: the exact function and its approximation."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import SCALES, unary_cases

OPERATOR = "GELU"


def cases() -> Iterator[Case]:
    scales = (*SCALES, (0.03, 0.015))
    yield from unary_cases(OPERATOR, scales, "GeluOptions", approximate=False)
    yield from unary_cases(OPERATOR, scales[-2:], "GeluOptions", approximate=True)
