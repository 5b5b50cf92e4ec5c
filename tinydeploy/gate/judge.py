"""Compares what was measured with the budgets and with the baseline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from tinydeploy.gate.baseline import LayerCount, Record
from tinydeploy.gate.figures import FIGURES, Figure
from tinydeploy.gate.settings import Pair
from tinydeploy.ir.text import short_name

_MOST_LAYERS = 3
_WHY_MISSING = {
    "accuracy": "the data has no labels",
    "latency": "an emulator has no clock to measure it by",
    "instructions": "this board measures time",
}


class Kind(Enum):
    """What a finding means for the verdict."""

    MISMATCH = "mismatch"
    ERROR = "error"
    ABSENT = "absent"
    BUDGET = "budget"
    REGRESSION = "regression"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell about a pair; all but notes make it fail."""

    kind: Kind
    message: str


def judge(pair: Pair, record: Record, baseline: Mapping[str, Record] | None) -> list[Finding]:
    """Everything that is wrong with `record`, and what got better."""
    findings = list(_over_budget(pair, record))
    if baseline is None:
        findings.append(Finding(Kind.NOTE, "no baseline yet: --update-baseline writes one"))
    elif pair.name not in baseline:
        findings.append(
            Finding(Kind.REGRESSION, "not in the baseline: --update-baseline takes it in")
        )
    else:
        findings += _against(pair, record, baseline[pair.name])
    return findings


def _over_budget(pair: Pair, record: Record) -> Iterator[Finding]:
    for figure in FIGURES:
        budget = 0.0 if figure.name == "mismatched_bytes" else pair.budget.get(figure.name)
        value = record.figures.get(figure.name)
        if budget is None:
            continue
        if value is None:
            why = _WHY_MISSING.get(figure.name, "it was not measured")
            yield Finding(Kind.BUDGET, f"{figure.name} has a budget, but {why}")
        elif figure.is_worse(value, budget):
            kind = Kind.MISMATCH if figure.name == "mismatched_bytes" else Kind.BUDGET
            side = "below" if figure.more_is_better else "above"
            yield Finding(
                kind,
                f"{figure.name} {figure.show(value)} is {side} its budget of {figure.show(budget)}",
            )


def _against(pair: Pair, record: Record, old: Record) -> Iterator[Finding]:
    if (record.samples, record.seed) != (old.samples, old.seed):
        yield Finding(
            Kind.REGRESSION,
            f"{record.samples} samples with seed {record.seed}; the baseline has {old.samples} "
            f"with seed {old.seed}",
        )
    elif record.outputs_digest != old.outputs_digest:
        same = record.model_digest == old.model_digest
        why = "of the same model" if same else "and the model is another one"
        yield Finding(Kind.REGRESSION, f"the outputs are not the baseline's, {why}")
    for figure in FIGURES:
        yield from _moved(pair, figure, record, old)


def _moved(pair: Pair, figure: Figure, record: Record, old: Record) -> Iterator[Finding]:
    if figure.name == "latency" and pair.board.emulator is not None:
        return  # the time of this computer, which does other things as well
    value, before = record.figures.get(figure.name), old.figures.get(figure.name)
    if before is None or value is None:
        if before is not None:
            yield Finding(Kind.REGRESSION, f"{figure.name} is not measured any more")
        return
    tolerance = pair.tolerance.get(figure.name, figure.tolerance)
    sign = -1 if figure.more_is_better else 1
    if figure.is_worse(value, before * (1 + sign * tolerance)):
        change = f"{figure.name} {figure.show(before)} → {figure.show(value)}"
        share = f" ({value / before - 1:+.2%}, allowed {sign * tolerance:+.2%})" if before else ""
        yield Finding(Kind.REGRESSION, change + share + _where(figure, record, old))
    elif figure.is_worse(before, value * (1 + sign * tolerance)):
        change = f"{figure.name} {figure.show(before)} → {figure.show(value)}"
        yield Finding(Kind.NOTE, f"{change}: better; --update-baseline keeps it so")


def _where(figure: Figure, record: Record, old: Record) -> str:
    """Which layers a regression comes from."""
    if figure.name == "arena":
        return f": {short_name(record.peak_layer)} sets the peak"
    if figure.name not in ("latency", "instructions"):
        return ""
    worse = sorted(_slower(record.layers, old.layers), reverse=True)[:_MOST_LAYERS]
    return "".join(f"; {text}" for _, text in worse)


def _slower(
    layers: tuple[LayerCount, ...], old: tuple[LayerCount, ...]
) -> Iterator[tuple[float, str]]:
    """(loss, text) of each layer that takes longer than the baseline's, matched by name."""
    before = {layer.name: layer for layer in old}
    for index, layer in enumerate(layers):
        known = before.get(layer.name)
        if known is None:
            text = f"layer {index} {layer.op} {short_name(layer.name)} is new: {layer.count:,.0f}"
            yield layer.count, text
        elif layer.count > known.count:
            kernel = "" if layer.kernel == known.kernel else f", {known.kernel} → {layer.kernel}"
            text = (
                f"layer {index} {layer.op} {short_name(layer.name)}: "
                f"{known.count:,.0f} → {layer.count:,.0f}{kernel}"
            )
            yield layer.count - known.count, text
