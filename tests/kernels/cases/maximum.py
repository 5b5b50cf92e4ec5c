"""MAXIMUM models: shapes that broadcast, equal and different quantization."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.binary import selection
from tests.kernels.case import Case

OPERATOR = "MAXIMUM"


def cases() -> Iterator[Case]:
    yield from selection(OPERATOR)
