"""The outcomes as JSON-able values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tinydeploy.gate.baseline import SCHEMA_VERSION, Record
from tinydeploy.gate.check import Outcome
from tinydeploy.rig.bench import DeviceState

SOURCES = {
    "latency": "measured",
    "instructions": "measured",
    "arena": "measured",
    "stack": "measured",
    "ram": "linked and measured",
    "flash": "linked",
    "accuracy": "measured",
    "mismatched_bytes": "measured",
}


def check_document(
    outcomes: Sequence[Outcome],
    baseline: Mapping[str, Record] | None,
    devices: Sequence[DeviceState] = (),
) -> dict[str, Any]:
    """Every pair with its status, figures (value, budget, baseline) and findings.

    `devices` are those of the rig. Latency is in microseconds, accuracy a share, sizes in bytes.
    """
    return {
        "schema": SCHEMA_VERSION,
        "pairs": [_pair(outcome, (baseline or {}).get(outcome.pair.name)) for outcome in outcomes],
        "devices": [asdict(device) for device in devices],
        "sources": SOURCES,
    }


def _pair(outcome: Outcome, old: Record | None) -> dict[str, Any]:
    pair, record = outcome.pair, outcome.record
    figures = record.figures if record else {}
    return {
        "name": pair.name,
        "model": str(pair.model),
        "board": pair.board.id,
        "device": outcome.device or None,
        "optimize": pair.optimize.value,
        "quantize": pair.quantize.value,
        "status": outcome.status,
        "seconds": round(outcome.seconds, 3),
        "figures": {
            name: {
                "value": value,
                "budget": pair.budget.get(name),
                "baseline": old.figures.get(name) if old else None,
            }
            for name, value in figures.items()
        },
        "findings": [{"kind": f.kind.value, "message": f.message} for f in outcome.findings],
        "layers": [asdict(layer) for layer in record.layers] if record else [],
    }
