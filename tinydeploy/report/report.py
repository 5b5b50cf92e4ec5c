"""The report: everything known about one model on one board, as JSON-able values.

docs/report-schema.md describes each key. `sources` says of each number whether it was predicted
by the planner, read from the linked firmware, measured by the device, or estimated.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tinydeploy.boards import Board
from tinydeploy.codegen.model import Library
from tinydeploy.config import Optimize
from tinydeploy.cycles.estimate import CycleEstimate
from tinydeploy.device.elf import LinkedSizes
from tinydeploy.device.layout import RegionUse
from tinydeploy.device.verify import Verification
from tinydeploy.ir.graph import Tensor
from tinydeploy.plan.plan import Layer, Plan
from tinydeploy.report.arena import arena_report
from tinydeploy.report.wrong_layer import WrongLayer

SCHEMA_VERSION = 1
_US_PER_S = 10**6
_UNITS = ("instructions", "cycles", "latency_us")


@dataclass(frozen=True, slots=True)
class Measurement:
    """What the device reported: counts or times of each inference, layers, memory."""

    counts: tuple[float, ...]
    """Instructions, cycles or microseconds, as the board counts; one for each inference."""
    layer_counts: tuple[float, ...]
    stack_bytes: int
    arena_bytes: int


@dataclass(frozen=True, slots=True)
class Findings:
    """All that one run of the pipeline found out; what did not happen is None."""

    board: Board
    plan: Plan
    library: Library
    source: str
    code_bytes: int | None = None
    """Predicted flash of the library's code."""
    goal: Optimize = Optimize.BALANCED
    firmware_digest: str | None = None
    sizes: LinkedSizes | None = None
    layout: tuple[RegionUse, ...] = ()
    measurement: Measurement | None = None
    verification: Verification | None = None
    cycles: CycleEstimate | None = None
    wrong_layer: WrongLayer | None = None
    calibration: Mapping[str, Any] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


def make_report(found: Findings) -> dict[str, Any]:
    """The report of `found`, ready for JSON."""
    return {
        "schema": SCHEMA_VERSION,
        "board": found.board.id,
        "optimize": found.goal.value,
        "model": _model(found),
        "firmware": {"digest": found.firmware_digest},
        "memory": _memory(found),
        "flash": _flash(found),
        "predicted": {
            "arena_bytes": found.plan.arena_bytes,
            "weights_bytes": found.library.weights_bytes,
            "code_bytes": found.code_bytes,
        },
        "arena": arena_report(found.plan),
        "measured": _measured(found),
        "estimated": _estimated(found.cycles),
        "verify": _verify(found.verification, found.wrong_layer),
        "calibration": found.calibration,
        "versions": dict(found.versions),
        "sources": _sources(found),
    }


def _model(found: Findings) -> dict[str, Any]:
    graph = found.plan.graph
    operators = Counter(layer.node.op.NAME for layer in found.plan.layers)
    return {
        "name": graph.name,
        "source": found.source,
        "digest": found.library.digest,
        "macs": sum(layer.macs for layer in found.plan.layers),
        "layers": len(found.plan.layers),
        "operators": dict(sorted(operators.items())),
        "inputs": [tensor_report(graph.tensors[i]) for i in graph.inputs],
        "outputs": [tensor_report(graph.tensors[i]) for i in graph.outputs],
    }


def tensor_report(tensor: Tensor) -> dict[str, Any]:
    """Name, type, shape and quantization of a model's input or output."""
    affine = tensor.quantization is not None and not tensor.quantization.per_channel
    return {
        "name": tensor.name,
        "type": tensor.dtype.value,
        "shape": list(tensor.shape),
        "scale": tensor.scale if affine else None,
        "zero_point": tensor.zero_point if affine else None,
    }


def _memory(found: Findings) -> dict[str, Any]:
    measured, sizes = found.measurement, found.sizes
    total = found.board.memory.ram_bytes
    stack = measured.stack_bytes if measured else None
    known = sizes is not None and stack is not None
    return {
        "arena_bytes": measured.arena_bytes if measured else found.plan.arena_bytes,
        "stack_bytes": stack,
        "static_bytes": sizes.static_bytes if sizes else None,
        "ram_total_bytes": total,
        "ram_free_bytes": total - sizes.static_bytes - (stack or 0) if sizes and known else None,
        "regions": [_region(use) for use in found.layout],
    }


def _region(use: RegionUse) -> dict[str, Any]:
    """One memory of a board that has several, and what is in it."""
    return {
        "name": use.region.name,
        "kind": use.region.kind,
        "origin": use.region.origin,
        "size_bytes": use.region.length,
        "parts": dict(use.parts),
        "free_bytes": use.free_bytes,
    }


def _flash(found: Findings) -> dict[str, Any]:
    sizes, total = found.sizes, found.board.memory.flash_bytes
    return {
        "code_bytes": sizes.code_bytes if sizes else None,
        "runtime_bytes": sizes.runtime_bytes if sizes else None,
        "weights_bytes": sizes.weights_bytes if sizes else None,
        "flash_total_bytes": total,
        "flash_free_bytes": total - sizes.flash_bytes if sizes else None,
    }


def _in_units(count: float, board: Board) -> dict[str, float]:
    """`count` of the board's counter in each unit that it gives.

    Time comes from a clock on real hardware, never from an emulator.
    """
    match board.counter.kind:
        case "instructions":
            return {"instructions": count}
        case "microseconds":
            return {"latency_us": count}
        case "cycles":
            return {"cycles": count, "latency_us": count * _US_PER_S / board.counter.hz}


def _measured(found: Findings) -> dict[str, Any]:
    """Each unit that the board's counter gives; the others are None."""
    measured, board = found.measurement, found.board
    if measured is None:
        return {**dict.fromkeys(_UNITS), "runs": 0, "layers": []}
    counts = [_in_units(count, board) for count in measured.counts]
    return {
        **dict.fromkeys(_UNITS),
        **{unit: _spread([count[unit] for count in counts]) for unit in counts[0]},
        "runs": len(counts),
        "layers": [
            {**_layer(layer), **_in_units(count, board)}
            for layer, count in zip(found.plan.layers, measured.layer_counts, strict=True)
        ],
    }


def _estimated(cycles: CycleEstimate | None) -> dict[str, Any] | None:
    if cycles is None:
        return None
    return {
        "core": cycles.core,
        "instructions": cycles.instructions,
        "cycles": asdict(cycles.cycles),
        "flash_wait_cycles": asdict(cycles.flash_wait_cycles),
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "min": min(values),
        "median": statistics.median(values),
        "max": max(values),
    }


def _layer(layer: Layer) -> dict[str, Any]:
    return {
        "name": layer.node.name,
        "op": layer.node.op.NAME,
        "kernel": layer.kernel.name,
        "macs": layer.macs,
    }


def _verify(result: Verification | None, wrong_layer: WrongLayer | None) -> dict[str, Any] | None:
    if result is None:
        return None
    return {
        "samples": result.samples,
        "mismatched_bytes": result.mismatched_bytes,
        "mismatched_samples": result.mismatched_samples,
        "first_mismatch": result.first_mismatch or None,
        "accuracy": result.accuracy,
        "labelled_samples": result.labelled_samples,
        "first_wrong_layer": None if wrong_layer is None else asdict(wrong_layer),
    }


def _sources(found: Findings) -> dict[str, str]:
    """Where each number comes from, by its path in the report."""
    measured = "measured" if found.measurement else None
    linked = "linked" if found.sizes else None
    sources = {
        "model.macs": "predicted",
        "predicted.arena_bytes": "predicted",
        "predicted.weights_bytes": "predicted",
        "predicted.code_bytes": "predicted" if found.code_bytes is not None else None,
        "memory.arena_bytes": measured or "predicted",
        "memory.stack_bytes": measured,
        "memory.static_bytes": linked,
        "memory.ram_free_bytes": "linked and measured" if measured and linked else None,
        "memory.regions": linked if found.layout else None,
        "flash.code_bytes": linked,
        "flash.runtime_bytes": linked,
        "flash.weights_bytes": linked,
        "flash.flash_free_bytes": linked,
        **{f"measured.{unit}": measured for unit in _in_units(0, found.board)},
        "measured.layers": measured,
        "estimated.instructions": "measured" if found.cycles else None,
        "estimated.cycles": "estimated" if found.cycles else None,
        "estimated.flash_wait_cycles": "estimated" if found.cycles else None,
        "verify.mismatched_bytes": "measured" if found.verification else None,
        "verify.mismatched_samples": "measured" if found.verification else None,
        "verify.accuracy": "measured" if found.verification else None,
    }
    return {key: source for key, source in sources.items() if source}
