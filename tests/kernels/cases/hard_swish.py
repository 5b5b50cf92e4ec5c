"""HARD_SWISH models: ranges far below and far above ±3."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import unary_cases

OPERATOR = "HARD_SWISH"


def cases() -> Iterator[Case]:
    scales = (
        (0.05, 0.05),
        (0.05, 0.003),
        (0.003, 0.05),
        (0.0235, 0.0117),
        (0.1, 0.1),
        (1.0, 0.9),
        (40.0, 0.4),
        (1e-3, 1e-3),
        (1e-7, 1e-3),
        (1e-3, 50.0),
    )
    yield from unary_cases(OPERATOR, scales, options="HardSwishOptions")
