"""What a model consists of, and on which boards it would fit: nothing is built for this."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinydeploy.boards import Board, all_boards
from tinydeploy.codegen.model import generate_library
from tinydeploy.ir.graph import Graph
from tinydeploy.ir.op import Isa
from tinydeploy.plan.fit import ModelFlash, needs_of
from tinydeploy.plan.placement import Placement, place
from tinydeploy.plan.plan import Plan, plan_model
from tinydeploy.report.arena import arena_report
from tinydeploy.report.report import SCHEMA_VERSION, tensor_report


def inspect_graph(graph: Graph, source: str) -> dict[str, Any]:
    """The inspection of an optimized graph, ready for JSON."""
    plan = plan_model(graph, Isa.GENERIC)
    weights_bytes = generate_library(plan).weights_bytes
    return {
        "schema": SCHEMA_VERSION,
        "model": {
            "name": graph.name,
            "source": source,
            "macs": graph.macs(),
            "inputs": [tensor_report(graph.tensors[i]) for i in graph.inputs],
            "outputs": [tensor_report(graph.tensors[i]) for i in graph.outputs],
        },
        "predicted": {"arena_bytes": plan.arena_bytes, "weights_bytes": weights_bytes},
        "arena": arena_report(plan),
        "layers": _layers(plan),
        "boards": _boards(all_boards(), graph),
    }


def _layers(plan: Plan) -> list[dict[str, Any]]:
    return [
        {
            "name": layer.node.name,
            "op": layer.node.op.NAME,
            "input_shape": list(io.inputs[0].shape) if io.inputs[0] else None,
            "output_shape": list(io.output.shape),
            "macs": layer.macs,
            "weights_bytes": sum(t.size_bytes for t in io.inputs if t and t.is_constant),
            "live_bytes": sum(b.size_bytes for b in plan.buffers if b.first <= index <= b.last),
        }
        for index, layer in enumerate(plan.layers)
        for io in [plan.graph.io(layer.node)]
    ]


def _boards(boards: Sequence[Board], graph: Graph) -> list[dict[str, Any]]:
    plans = {isa: plan_model(graph, Isa(isa)) for isa in sorted({b.isa for b in boards})}
    weights = {isa: generate_library(plan).weights_bytes for isa, plan in plans.items()}
    found = []
    for board in boards:
        needs = needs_of(plans[board.isa], ModelFlash(weights[board.isa]), board)
        placement = place(needs, board.memory)
        found.append(
            {
                "board": board.id,
                "fits": placement is not None,
                "ram_needed_bytes": needs.ram_bytes,
                "ram_total_bytes": board.memory.ram_bytes,
                "flash_needed_bytes": needs.flash_bytes,
                "flash_total_bytes": board.memory.flash_bytes,
                "placement": _placement(placement),
            }
        )
    return found


def _placement(found: Placement | None) -> dict[str, str] | None:
    """The memory of each part that the planner places, or None where there is no room."""
    if found is None:
        return None
    return {
        "arena": found.arena.name,
        "stack": found.stack.name,
        "weights": found.weights.name,
    }
