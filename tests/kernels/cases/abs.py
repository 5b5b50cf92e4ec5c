"""ABS models: scales, zero points and shapes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import SCALES, unary_cases

OPERATOR = "ABS"


def cases() -> Iterator[Case]:
    scales = (*SCALES, (0.04, 0.07), (2.0, 1e-3))
    yield from unary_cases(OPERATOR, scales, "AbsOptions", ("int8",))
