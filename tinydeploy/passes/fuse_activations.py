"""Merges a RELU into the operator before it, where it only narrows that operator's clamp."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ops.activation import Activation

_ACTIVATIONS = {
    "RELU": Activation.RELU,
    "RELU6": Activation.RELU6,
    "RELU_N1_TO_1": Activation.RELU_N1_TO_1,
}


def fuse_activations(graph: Graph) -> Graph:
    """Fuse every activation that qualifies."""
    for node in graph.nodes:
        producer = _fusable_producer(graph, node)
        if producer is not None:
            graph = _fuse(graph, producer, node)
    return graph


def _fusable_producer(graph: Graph, node: Node) -> Node | None:
    """The node that can take over `node`, an activation that rescales nothing."""
    if node.op.NAME not in _ACTIVATIONS or node.inputs[0] is None:
        return None
    source = node.inputs[0]
    producer = graph.producers().get(source)
    if producer is None or getattr(producer.op, "activation", None) is not Activation.NONE:
        return None
    read_once = len(graph.consumers()[source]) == 1 and source not in graph.outputs
    before, after = graph.tensors[source], graph.tensors[node.outputs[0]]
    same_scale = before.quantization == after.quantization and before.dtype is after.dtype
    return producer if read_once and same_scale else None


def _fuse(graph: Graph, producer: Node, node: Node) -> Graph:
    attributes: Any = producer.op
    fused = replace(
        producer,
        op=replace(attributes, activation=_ACTIVATIONS[node.op.NAME]),
        outputs=node.outputs,
        name=node.name,
    )
    return graph.with_nodes(
        tuple(fused if n.outputs == producer.outputs else n for n in graph.nodes if n is not node)
    )
