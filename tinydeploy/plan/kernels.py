"""Which kernel computes each node."""

from __future__ import annotations

from tinydeploy.errors import InternalError
from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.op import Call, Isa, Kernel


def accepting_kernels(
    graph: Graph, node: Node, isas: frozenset[Isa]
) -> tuple[tuple[Kernel, tuple[Call, ...]], ...]:
    """Every kernel that the core can execute and that accepts the node, fastest first."""
    io = graph.io(node)
    lowered = ((k, k.lower(node.op, io)) for k in node.op.KERNELS if k.isa in isas)
    return tuple((kernel, calls) for kernel, calls in lowered if calls is not None)


def choose_kernel(
    graph: Graph, node: Node, isas: frozenset[Isa], forced: str | None = None
) -> tuple[Kernel, tuple[Call, ...]]:
    """The fastest kernel for the node, or the one named `forced` where it accepts the node."""
    candidates = accepting_kernels(graph, node, isas)
    if not candidates:
        raise InternalError(f"no kernel computes {node.op.NAME} (output {node.name!r})")
    return next((c for c in candidates if c[0].name == forced), candidates[0])
