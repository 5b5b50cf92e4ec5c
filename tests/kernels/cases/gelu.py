"""GELU models: the exact function and its approximation."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import SCALES, unary_cases

OPERATOR = "GELU"


def cases() -> Iterator[Case]:
    for approximate in (False, True):
        yield from unary_cases(
            OPERATOR, (*SCALES, (0.03, 0.015)), "GeluOptions", approximate=approximate
        )
