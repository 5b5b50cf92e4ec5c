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


def test_a_share_of_samples_is_no_less_than_its_percentage() -> None:
    for right in range(21):
        assert figure("accuracy").parse(f"{5 * right} %", "budget") == right / 20


def test_a_comma_stands_between_thousands_only() -> None:
    assert figure("flash").parse("256,000 B", "budget") == 256_000
    for text in ("1,5 MB", "1,50 MB", "12,00 B", "1,5"):
        with pytest.raises(UsageError, match="budget"):
            figure("flash").parse(text, "budget")


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
