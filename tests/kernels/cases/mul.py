"""MUL models: shapes that broadcast, and scales from close to far apart."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.binary import arithmetic, arithmetic_int16
from tests.kernels.case import Case

OPERATOR = "MUL"

SCALES = (
    (0.05, 0.05, 0.05),
    (0.05, 0.05, 1e-4),
    (1e-6, 0.05, 0.05),
    (1.0, 1.0, 0.5),
    (1.0, 1.0, 1.0),
    (1.0, 1.0, 1e-3),
    (1e-5, 2e-5, 10.0),
    (1e3, 2e3, 1e6),
    (1e-12, 1e-12, 1e-20),
    (1e-30, 1.0, 1.0),
    (1.0, 1.0, 1e-5),
    (3.0, 1.0, 1e-7),
    (1.0, 1.0, 3e-9),
    (0.013, 0.0171, 0.000209),
)


def cases() -> Iterator[Case]:
    yield from arithmetic(OPERATOR, "MulOptions", SCALES)
    yield from arithmetic_int16(OPERATOR, "MulOptions")
