"""ARG_MIN models."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.arguments import argument_cases
from tests.kernels.case import Case

OPERATOR = "ARG_MIN"


def cases() -> Iterator[Case]:
    return argument_cases(OPERATOR)
