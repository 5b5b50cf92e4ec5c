"""A kernel that lets its output overwrite consumed input is right at the least distance it states.

Every case is laid out by hand: the output exactly `overlap_bytes` before the input (rounded up to
the arena's alignment), scratch behind both, nothing shared with any other case.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from tests.kernels.case import one_model
from tests.kernels.test_operators import MODULES
from tests.support.board_run import run_plan
from tinydeploy.boards import load_board
from tinydeploy.config import Optimize
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Graph
from tinydeploy.ir.op import Call, Isa, Kernel, Op
from tinydeploy.kernels import kernels_of
from tinydeploy.ops.conv_2d import Conv2D
from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D
from tinydeploy.ops.fully_connected import FullyConnected
from tinydeploy.passes import optimize
from tinydeploy.plan.arena import Arena, align
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import Layer, Plan, plan_model

# On an M0 the portable kernels handle one pixel at a time: another order of reads and writes.
BOARDS = {
    Isa.GENERIC: ("host", "qemu_cortex_m0"),
    Isa.DSP: ("qemu_cortex_m4",),
    Isa.MVE: ("qemu_cortex_m55",),
}
OPERATORS: tuple[type[Op], ...] = (Conv2D, DepthwiseConv2D, FullyConnected)
"""Those whose kernels read an input more than once; element-wise ones have nothing to state."""


def overlapping_kernels() -> Iterator[tuple[ModuleType, Kernel, str]]:
    """Every kernel that states a distance for some case of its operator, on each board."""
    modules = {module.OPERATOR: module for module in MODULES}
    for op in OPERATORS:
        graph = read_tflite(one_model(modules[op.NAME].cases()), "cases")
        for kernel in kernels_of(op):
            if states_overlap(graph, kernel):
                yield from ((modules[op.NAME], kernel, board) for board in BOARDS[kernel.isa])


def states_overlap(graph: Graph, kernel: Kernel) -> bool:
    lowered = (kernel.lower(node.op, graph.io(node)) for node in graph.nodes)
    return any(calls and distance_of(calls) is not None for calls in lowered)


def distance_of(calls: Sequence[Call]) -> int | None:
    """In bytes; what may only start where the input does is tested there."""
    return 0 if calls[0].in_place else calls[0].overlap_bytes


def overlap_of(layer: Layer) -> int | None:
    return distance_of(layer.calls) if len(layer.calls) == 1 else None


def tight(plan: Plan) -> Plan:
    """The plan with every case in a region of its own, as close as its kernel allows."""
    offsets: dict[int, int] = {}
    layers, end = [], 0
    for layer in plan.layers:
        tensors = [i for i in (*layer.node.inputs, *layer.node.outputs) if i in plan.offsets]
        distance = overlap_of(layer)
        if distance is not None:
            source, output = layer.node.inputs[0], layer.node.outputs[0]
            assert source is not None
            gap = align(distance)  # rounds towards the input: never closer than stated
            offsets[output] = end + max(0, -gap)
            offsets[source] = offsets[output] + gap
            end = max(offsets[t] + plan.graph.tensors[t].size_bytes for t in (source, output))
        for tensor in tensors:
            if tensor not in offsets:
                offsets[tensor] = align(end)
                end = offsets[tensor] + plan.graph.tensors[tensor].size_bytes
        layers.append(replace(layer, scratch_offset=align(end)))
        end = align(align(end) + layer.scratch_bytes)
    return replace(plan, offsets=offsets, layers=tuple(layers), arena=Arena((), end))


@pytest.mark.parametrize(
    ("module", "kernel", "board_id"),
    list(overlapping_kernels()),
    ids=lambda value: getattr(value, "name", None) or getattr(value, "OPERATOR", value),
)
def test_least_distance_is_enough(
    module: ModuleType, kernel: Kernel, board_id: str, tmp_path: Path
) -> None:
    board = load_board(board_id)
    tflite = one_model(module.cases())
    graph = optimize(read_tflite(tflite, "cases"))
    plan = plan_model(graph, kernel.isa, Choices(Optimize.SPEED, forced=kernel.name))
    assert any(layer.kernel is kernel and overlap_of(layer) is not None for layer in plan.layers)
    _, verification = run_plan(tight(plan), tflite, board, tmp_path, samples=3)
    assert verification.mismatched_bytes == 0, verification.first_mismatch
