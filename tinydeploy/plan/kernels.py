"""Which kernel computes each node."""

from __future__ import annotations

from tinydeploy.errors import InternalError
from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.op import Call, Isa, Kernel


def choose_kernel(
    graph: Graph, node: Node, isas: frozenset[Isa]
) -> tuple[Kernel, tuple[Call, ...]]:
    """The first kernel of the operator that the core can execute and that accepts the node."""
    io = graph.io(node)
    for kernel in node.op.KERNELS:
        calls = kernel.lower(node.op, io) if kernel.isa in isas else None
        if calls is not None:
            return kernel, calls
    raise InternalError(f"no kernel computes {node.op.NAME} (output {node.name!r})")
