"""What the gate says of a pair: each kind of change is found, and named for what it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tinydeploy.boards import load_board
from tinydeploy.config import Optimize, Quantize
from tinydeploy.errors import (
    AbsentError,
    BudgetError,
    DeviceError,
    RegressionError,
    TinydeployError,
    VerificationError,
)
from tinydeploy.gate.baseline import LayerCount, Record
from tinydeploy.gate.check import Outcome, merged_baseline, verdict
from tinydeploy.gate.judge import Finding, Kind, judge
from tinydeploy.gate.settings import Pair

PAIR = Pair(
    model=Path("kws.tflite"),
    model_name="kws.tflite",
    board=load_board("qemu_cortex_m4"),
    calibration=None,
    data=None,
    samples=20,
    seed=0,
    optimize=Optimize.SPEED,
    quantize=Quantize.INT8,
    port=None,
    when_absent="fail",
    budget={},
    tolerance={},
)
FIGURES = {
    "instructions": 100_000.0,
    "arena": 9_144.0,
    "stack": 240.0,
    "ram": 12_000.0,
    "flash": 40_000.0,
    "accuracy": 0.95,
    "mismatched_bytes": 0.0,
}
LAYERS = (
    LayerCount("first", "CONV_2D", "conv_2d_dsp", 60_000),
    LayerCount("second", "FULLY_CONNECTED", "fully_connected_dsp", 40_000),
)
RECORD = Record(FIGURES, LAYERS, "layer 0 first", 20, 0, "m" * 64, "o" * 64)
BASELINE = {PAIR.name: RECORD}


def with_figures(**values: float) -> Record:
    return replace(RECORD, figures={**FIGURES, **values})


def failures(record: Record, pair: Pair = PAIR) -> list[Finding]:
    return [f for f in judge(pair, record, BASELINE) if f.kind is not Kind.NOTE]


def test_what_has_not_changed_passes() -> None:
    assert judge(PAIR, RECORD, BASELINE) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("instructions", 103_000),
        ("arena", 9_145),
        ("stack", 241),
        ("ram", 12_001),
        ("flash", 40_001),
        ("accuracy", 0.90),
    ],
)
def test_each_figure_that_got_worse_is_a_regression(name: str, value: float) -> None:
    (finding,) = failures(with_figures(**{name: value}))
    assert finding.kind is Kind.REGRESSION
    assert finding.message.startswith(name)


def test_a_figure_within_its_tolerance_passes() -> None:
    assert failures(with_figures(instructions=100_900)) == []
    tolerant = replace(PAIR, tolerance={"instructions": 0.05, "flash": 0.01})
    assert failures(with_figures(instructions=104_000, flash=40_300), tolerant) == []


def test_a_figure_that_got_better_is_told_and_passes() -> None:
    (finding,) = judge(PAIR, with_figures(instructions=90_000), BASELINE)
    assert finding.kind is Kind.NOTE
    assert "--update-baseline" in finding.message


def test_the_layer_that_got_slower_is_named_with_its_kernels() -> None:
    slow = LayerCount("second", "FULLY_CONNECTED", "fully_connected_generic", 90_000)
    record = replace(with_figures(instructions=150_000), layers=(LAYERS[0], slow))
    (finding,) = failures(record)
    assert "layer 1 FULLY_CONNECTED second: 40,000 → 90,000" in finding.message
    assert "fully_connected_dsp → fully_connected_generic" in finding.message
    assert "first" not in finding.message


def test_the_layer_that_sets_the_peak_is_named() -> None:
    (finding,) = failures(with_figures(arena=9_500))
    assert "layer 0 first" in finding.message


@pytest.mark.parametrize(
    ("model_digest", "said"), [("m" * 64, "same model"), ("n" * 64, "another one")]
)
def test_changed_outputs_are_found(model_digest: str, said: str) -> None:
    changed = replace(RECORD, outputs_digest="x" * 64, model_digest=model_digest)
    (finding,) = failures(changed)
    assert finding.kind is Kind.REGRESSION
    assert said in finding.message


def test_outputs_unlike_the_reference_are_no_regression_but_worse() -> None:
    assert failures(with_figures(mismatched_bytes=1))[0].kind is Kind.MISMATCH


def test_other_samples_than_the_baselines_are_not_compared_silently() -> None:
    (finding,) = failures(replace(RECORD, samples=10, outputs_digest="x" * 64))
    assert "10 samples" in finding.message


def test_budgets() -> None:
    strict = replace(PAIR, budget={"instructions": 99_999, "accuracy": 0.96, "arena": 9_144})
    messages = [f.message for f in failures(RECORD, strict)]
    assert [m.split()[0] for m in messages] == ["instructions", "accuracy"]
    assert "below its budget" in messages[1]


def test_a_budget_for_what_was_not_measured_fails() -> None:
    figures = {name: value for name, value in FIGURES.items() if name != "accuracy"}
    record = replace(RECORD, figures=figures)
    pair = replace(PAIR, budget={"accuracy": 0.9})
    kinds = [f.kind for f in judge(pair, record, {PAIR.name: record})]
    assert kinds == [Kind.BUDGET]


def test_a_pair_that_the_baseline_does_not_know_fails() -> None:
    (finding,) = judge(PAIR, RECORD, {})
    assert finding.kind is Kind.REGRESSION


def outcome(kind: Kind | None, error: TinydeployError | None = None) -> Outcome:
    findings = (Finding(kind, "it is so"),) if kind else ()
    return Outcome(PAIR, findings, RECORD, error=error)


@pytest.mark.parametrize(
    ("kinds", "error"),
    [
        ((Kind.REGRESSION, Kind.MISMATCH, Kind.BUDGET), VerificationError),
        ((Kind.BUDGET, Kind.REGRESSION), BudgetError),
        ((Kind.REGRESSION, None), RegressionError),
        ((Kind.ABSENT, Kind.BUDGET), AbsentError),
        ((Kind.BUDGET, Kind.ERROR), DeviceError),
    ],
)
def test_the_gravest_failure_gives_the_exit_code(
    kinds: tuple[Kind | None, ...], error: type[TinydeployError]
) -> None:
    outcomes = [outcome(k, DeviceError("silent") if k is Kind.ERROR else None) for k in kinds]
    assert type(verdict(outcomes)) is error


def test_nothing_checked_is_no_success() -> None:
    skipped = Outcome(PAIR, (Finding(Kind.NOTE, "no board"),), skipped=True)
    assert isinstance(verdict([skipped]), AbsentError)
    assert verdict([skipped, outcome(None)]) is None


def test_a_new_baseline_keeps_what_could_not_be_measured_and_takes_no_wrong_outputs() -> None:
    worse = with_figures(mismatched_bytes=1)
    wrong = Outcome(PAIR, tuple(failures(worse)), worse)
    absent = Outcome(PAIR, (Finding(Kind.NOTE, "no board"),), skipped=True)
    assert merged_baseline([wrong], BASELINE) == BASELINE
    assert merged_baseline([absent], BASELINE) == BASELINE
    assert merged_baseline([wrong], None) == {}
    slower = with_figures(instructions=200_000)
    assert merged_baseline([Outcome(PAIR, (), slower)], BASELINE) == {PAIR.name: slower}


def test_no_budget_allows_wrong_bytes() -> None:
    pair = replace(PAIR, budget={"mismatched_bytes": 100.0})
    kinds = {finding.kind for finding in judge(pair, with_figures(mismatched_bytes=50.0), None)}
    assert Kind.MISMATCH in kinds
