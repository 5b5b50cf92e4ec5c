"""EXP models: results from tiny to infinite."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import SCALES, unary_cases

OPERATOR = "EXP"


def cases() -> Iterator[Case]:
    scales = ((0.02, 0.05), (0.05, 2.3), (0.05, 1e-4), (1e-6, 0.01), (1.0, 1e30), (3.0, 1.0))
    yield from unary_cases(OPERATOR, (*SCALES, *scales), "ExpOptions", ("int8",))
