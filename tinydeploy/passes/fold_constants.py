"""Computes on the host what does not depend on the model's inputs."""

from __future__ import annotations

from dataclasses import replace

from tinydeploy.ir.graph import Graph, Node


def fold_constants(graph: Graph) -> Graph:
    """Replace each node whose value is known by a constant tensor."""
    kept: list[Node] = []
    for node in graph.nodes:
        values = node.op.fold(graph.io(node))
        if values is None:
            kept.append(node)
            continue
        for index, value in zip(node.outputs, values, strict=True):
            graph = graph.with_tensor(index, replace(graph.tensors[index], data=value))
    return graph.with_nodes(tuple(kept))
