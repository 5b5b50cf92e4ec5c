"""Budgets are numbers with units: what is understood, and what is refused with advice."""

from __future__ import annotations

import pytest

from tinydeploy.errors import UsageError
from tinydeploy.gate.figures import figure, parse_share


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("latency", "12 ms", 12_000),
        ("latency", "850us", 850),
        ("latency", "1.5 s", 1_500_000),
        ("instructions", "2.6 M", 2_600_000),
        ("instructions", 1_234_567, 1_234_567),
        ("instructions", "1,234,567", 1_234_567),
        ("arena", "16 kB", 16_000),
        ("arena", "16 KiB", 16_384),
        ("stack", "640 B", 640),
        ("accuracy", "90 %", 0.9),
        ("mismatched_bytes", 0, 0),
    ],
)
def test_what_a_budget_means(name: str, text: object, value: float) -> None:
    assert figure(name).parse(text, "budget") == pytest.approx(value)


@pytest.mark.parametrize(
    ("name", "text", "advice"),
    [
        ("latency", "12", "12 ms"),
        ("latency", 12, "12 ms"),
        ("arena", 16_000, "16 kB"),
        ("arena", "16 kb", "kB"),
        ("flash", "-3 kB", "256 kB"),
        ("accuracy", 0.9, "90 %"),
        ("accuracy", "90", "90 %"),
        ("instructions", "many", "2.6 M"),
        ("instructions", True, "2.6 M"),
    ],
)
def test_a_budget_that_is_unclear_is_refused_with_an_example(
    name: str, text: object, advice: str
) -> None:
    with pytest.raises(UsageError) as caught:
        figure(name).parse(text, "check 1, budget.x")
    assert "check 1, budget.x" in caught.value.message
    assert advice in caught.value.hint


def test_a_tolerance_needs_its_percent_sign() -> None:
    assert parse_share("0.5 %", "t") == pytest.approx(0.005)
    with pytest.raises(UsageError, match="unit is missing"):
        parse_share("0.5", "t")
