"""Several graphs as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinydeploy.ir.graph import Graph, Node, Tensor


def side_by_side(graphs: Sequence[Graph]) -> Graph:
    """One graph that holds `graphs`, unconnected; inputs and outputs in their order."""
    tensors: list[Tensor] = []
    nodes: list[Node] = []
    inputs: list[int] = []
    outputs: list[int] = []
    for number, graph in enumerate(graphs):
        at = len(tensors)
        tensors += graph.tensors
        nodes += [_moved(node, at, number) for node in graph.nodes]
        inputs += [at + index for index in graph.inputs]
        outputs += [at + index for index in graph.outputs]
    return Graph("side by side", tuple(tensors), tuple(nodes), tuple(inputs), tuple(outputs))


def _moved(node: Node, at: int, number: int) -> Node:
    return replace(
        node,
        inputs=tuple(None if index is None else at + index for index in node.inputs),
        outputs=tuple(at + index for index in node.outputs),
        name=f"{number}/{node.name}",
    )
