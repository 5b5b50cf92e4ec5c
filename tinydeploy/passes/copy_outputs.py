"""Gives every output of the model a place in the arena, also where its value is a constant."""

from __future__ import annotations

from dataclasses import replace

from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ops.copy import Copy


def copy_outputs(graph: Graph) -> Graph:
    """Copy each constant that is an output of the model."""
    for index in dict.fromkeys(graph.outputs):
        if graph.tensors[index].is_constant:
            graph = _copied(graph, index)
    return graph


def _copied(graph: Graph, constant: int) -> Graph:
    copy = len(graph.tensors)
    tensor = replace(graph.tensors[constant], data=None)
    return replace(
        graph,
        tensors=(*graph.tensors, tensor),
        nodes=(*graph.nodes, Node(Copy(), (constant,), (copy,), tensor.name)),
        outputs=tuple(copy if index == constant else index for index in graph.outputs),
    )
