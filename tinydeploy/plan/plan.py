"""The plan: layers in execution order, a kernel for each, an arena offset for each tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.op import Call, Isa, Kernel
from tinydeploy.ir.verify import verify_graph
from tinydeploy.plan.arena import Arena, Buffer, place
from tinydeploy.plan.kernels import Choices, choose_kernels
from tinydeploy.plan.lifetimes import buffers_of, overlaps_of, storage_of
from tinydeploy.plan.order import order_nodes

_DEFAULT_CHOICES = Choices()


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One step of the inference: a node, the kernel that computes it, and its calls."""

    node: Node
    kernel: Kernel
    calls: tuple[Call, ...]
    macs: int
    scratch_offset: int
    scratch_bytes: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything that the code generator needs to know."""

    graph: Graph
    layers: tuple[Layer, ...]
    offsets: dict[int, int]
    """Byte offset in the arena of each tensor that lives there."""
    buffers: tuple[Buffer, ...]
    """Tensors' memory in the order of `owners`, then each layer's scratch."""
    owners: tuple[int, ...]
    arena: Arena

    @property
    def arena_bytes(self) -> int:
        return self.arena.size_bytes


def plan_model(graph: Graph, isa: Isa, choices: Choices = _DEFAULT_CHOICES) -> Plan:
    """Plan `graph` for a core that executes `isa` (and, as every core does, generic C)."""
    graph = graph.with_nodes(order_nodes(graph))
    verify_graph(graph, "ordering")
    nodes = tuple(node for node in graph.nodes if not node.op.IS_VIEW)
    chosen = choose_kernels(graph, nodes, isa, choices)
    scratch = [max((call.scratch_bytes for call in calls), default=0) for _, calls in chosen]
    storage = storage_of(graph, nodes)
    owners, buffers = buffers_of(graph, nodes, storage)
    overlaps = overlaps_of(nodes, [calls for _, calls in chosen], storage, owners, buffers)
    buffers += tuple(Buffer(size, i, i) for i, size in enumerate(scratch))
    arena = place(buffers, overlaps)
    place_of = dict(zip(owners, arena.offsets, strict=False))
    return Plan(
        graph=graph,
        layers=_layers(graph, nodes, chosen, arena.offsets[len(owners) :], scratch),
        offsets={tensor: place_of[owner] for tensor, owner in storage.items()},
        buffers=buffers,
        owners=owners,
        arena=arena,
    )


def _layers(
    graph: Graph,
    nodes: Sequence[Node],
    chosen: Sequence[tuple[Kernel, tuple[Call, ...]]],
    scratch_offsets: Sequence[int],
    scratch_bytes: Sequence[int],
) -> tuple[Layer, ...]:
    return tuple(
        Layer(node, kernel, calls, node.op.macs(graph.io(node)), offset, size)
        for node, (kernel, calls), offset, size in zip(
            nodes, chosen, scratch_offsets, scratch_bytes, strict=True
        )
    )
