"""LOGISTIC models: the output is fixed to a scale of 1/256."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import unary_case, unary_cases

OPERATOR = "LOGISTIC"


def cases() -> Iterator[Case]:
    scales = [(scale, 1 / 256) for scale in (0.05, 0.1, 0.003, 1.0, 1e-6, 3.0, 0.0235, 50.0)]
    yield from unary_cases(OPERATOR, scales, output_zero=-128)
    yield unary_case(OPERATOR, "logistic_other_zero", {"scale": 0.1}, {"scale": 1 / 256})
