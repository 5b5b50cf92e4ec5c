"""The arena over time, as JSON-able values: what lies where while each layer runs."""

from __future__ import annotations

from typing import Any

from tinydeploy.plan.plan import Plan


def arena_report(plan: Plan) -> dict[str, Any]:
    """Every buffer with its place and lifetime, and the layer in which most bytes are in use."""
    return {
        "size_bytes": plan.arena_bytes,
        "peak_layer": _peak_layer(plan),
        "buffers": [
            _buffer(plan, index) for index in range(len(plan.buffers)) if _size(plan, index)
        ],
    }


def _size(plan: Plan, index: int) -> int:
    return plan.buffers[index].size_bytes


def _buffer(plan: Plan, index: int) -> dict[str, Any]:
    buffer = plan.buffers[index]
    is_tensor = index < len(plan.owners)
    name = plan.graph.tensors[plan.owners[index]].name if is_tensor else "scratch"
    return {
        "name": name,
        "kind": "tensor" if is_tensor else "scratch",
        "offset": plan.arena.offsets[index],
        "size_bytes": buffer.size_bytes,
        "first_layer": buffer.first,
        "last_layer": min(buffer.last, max(len(plan.layers) - 1, 0)),
    }


def _peak_layer(plan: Plan) -> int | None:
    """The layer whose live buffers reach highest; the first of equals."""
    if not plan.layers:
        return None
    return max(range(len(plan.layers)), key=lambda layer: (_top(plan, layer), -layer))


def _top(plan: Plan, layer: int) -> int:
    live = (i for i, b in enumerate(plan.buffers) if b.first <= layer <= b.last)
    return max((plan.arena.offsets[i] + plan.buffers[i].size_bytes for i in live), default=0)
