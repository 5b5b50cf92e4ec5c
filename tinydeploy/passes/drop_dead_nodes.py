"""Removes nodes whose outputs nobody reads."""

from __future__ import annotations

from tinydeploy.ir.graph import Graph, Node


def drop_dead_nodes(graph: Graph) -> Graph:
    """The graph without nodes that no output of the model depends on."""
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            kept.append(node)
            needed.update(i for i in node.inputs if i is not None)
    return graph.with_nodes(reversed(kept))
