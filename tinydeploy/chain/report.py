"""The report of a compression, as JSON-able values; docs/compression.md describes each key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinydeploy.chain.choose import pareto_front
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.options import Goal
from tinydeploy.chain.search import Found, winner
from tinydeploy.chain.trial import Outcome, Setting
from tinydeploy.frontend.quantization_sizes import QuantizationSize

SCHEMA_VERSION = 1
SOURCES = {
    "macs": "predicted",
    "parameters": "predicted",
    "weights_bytes": "linked",
    "flash_bytes": "linked",
    "arena_bytes": "measured",
    "instructions": "measured",
    "latency_us": "measured",
    "accuracy": "measured: the generated C code on this computer, bit for bit the board's",
}


def compression_report(
    setting: Setting,
    found: Found,
    path: Sequence[Outcome],
    goal: Goal,
    limits: Limits,
    sizes: Sequence[QuantizationSize],
) -> dict[str, Any]:
    """`path` leads from the baseline to the result, a step each; `sizes` are the result's."""
    candidates = (*found.finished, *found.short)
    return {
        "schema": SCHEMA_VERSION,
        "model": setting.model.name,
        "board": Path(setting.board).stem,
        "optimize": setting.optimize.value,
        "seed": setting.seed,
        "augmentation": found.augmentation,
        "for": goal,
        "limits": asdict(limits),
        "baseline": _figures(found.baseline),
        "result": _point(winner(found, goal)),
        "steps": [_step(outcome) for outcome in path],
        "winners": {name: _point(outcome) for name, outcome in found.winners.items()},
        "candidates": [_point(outcome) for outcome in candidates],
        "pareto": [_point(outcome) for outcome in pareto_front(found.finished)],
        "failed": [{"steps": steps, "reason": reason} for steps, reason in found.failed],
        "quantizations": [asdict(size) for size in sizes],
        "sources": SOURCES,
    }


def _figures(outcome: Outcome) -> dict[str, Any]:
    return {
        **asdict(outcome.figures),
        "accuracies": list(outcome.accuracies or [outcome.figures.accuracy]),
        "accuracy_mean": outcome.accuracy,
        "accuracy_std": outcome.accuracy_std,
    }


def _point(outcome: Outcome) -> dict[str, Any]:
    is_full = outcome.trial.judge == "test"
    return {
        "steps": str(outcome.trial),
        "training": "full" if is_full else "short",
        "judged_on": outcome.trial.judge,
        **_figures(outcome),
    }


def _step(outcome: Outcome) -> dict[str, Any]:
    last = outcome.trial.steps[-1:]
    return {
        "name": str(last[0]) if last else "original",
        "technique": last[0].technique if last else "original",
        "factor": last[0].factor if last and last[0].factor != 1 else None,
        "of": last[0].of if last and last[0].factor != 1 else None,
        **_figures(outcome),
        "layers": list(outcome.layers),
    }
