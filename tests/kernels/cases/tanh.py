"""TANH models: usual and unusual output scales."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import unary_case, unary_cases

OPERATOR = "TANH"


def cases() -> Iterator[Case]:
    scales = [(scale, 1 / 128) for scale in (0.05, 0.1, 0.003, 1.0, 1e-6, 3.0, 0.0235, 50.0)]
    yield from unary_cases(OPERATOR, scales, output_zero=0)
    for scale in (0.1, 0.001, 1e-5, 1.7):
        source, output = {"scale": 0.1, "zero_point": 3}, {"scale": scale, "zero_point": 100}
        yield unary_case(OPERATOR, f"tanh_other_output_{scale}", source, output)
