"""SUB models: shapes that broadcast, and scales from close to far apart."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.binary import arithmetic, arithmetic_int16, shifts_int16
from tests.kernels.case import Case

OPERATOR = "SUB"

SCALES = (
    (0.05, 0.05, 0.05),
    (0.05, 0.05, 0.1),
    (1e-6, 0.05, 0.05),
    (0.05, 1e-6, 0.05),
    (1.0, 1.0, 1e-5),
    (1e-5, 2e-5, 10.0),
    (1e3, 2e3, 1e3),
    (1e-12, 1e-12, 1e-12),
    (1e-30, 1.0, 1.0),
    (0.5, 0.25, 0.5),
    (0.013, 0.0171, 0.0209),
)


def cases() -> Iterator[Case]:
    yield from arithmetic(OPERATOR, "SubOptions", SCALES)
    yield from arithmetic_int16(OPERATOR, "SubOptions")
    yield from shifts_int16(OPERATOR, "SubOptions")
