"""Merges a PAD into the convolution after it: padding with the zero point adds nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tinydeploy.ir.graph import Graph, Node

_CONVOLUTIONS = {"CONV_2D", "DEPTHWISE_CONV_2D"}


def fuse_pads(graph: Graph) -> Graph:
    """Fuse every PAD of height and width whose only reader is a convolution."""
    for node in graph.nodes:
        if node.op.NAME not in _CONVOLUTIONS:
            continue
        pad = graph.producers().get(node.inputs[0] if node.inputs[0] is not None else -1)
        if pad is not None and _is_fusable(graph, pad):
            graph = _fuse(graph, pad, node)
    return graph


def _is_fusable(graph: Graph, pad: Node) -> bool:
    if pad.op.NAME not in {"PAD", "PADV2"}:
        return False
    io = graph.io(pad)
    spatial_only = len(io.output.shape) == 4 and all(
        io.input(0).shape[axis] == io.output.shape[axis] for axis in (0, 3)
    )
    attributes: Any = pad.op
    read_once = len(graph.consumers()[pad.outputs[0]]) == 1
    return (
        spatial_only
        and read_once
        and pad.outputs[0] not in graph.outputs
        and attributes.value(io) == io.output.zero_point
        and io.input(0).quantization == io.output.quantization
    )


def _fuse(graph: Graph, pad: Node, convolution: Node) -> Graph:
    amounts: Any = pad.op
    op: Any = convolution.op
    before, after = op.window.padding_before, op.window.padding_after
    window = replace(
        op.window,
        padding_before=(before[0] + amounts.before[1], before[1] + amounts.before[2]),
        padding_after=(after[0] + amounts.after[1], after[1] + amounts.after[2]),
    )
    fused = replace(
        convolution,
        op=replace(op, window=window),
        inputs=(pad.inputs[0], *convolution.inputs[1:]),
    )
    return graph.with_nodes(
        tuple(fused if n is convolution else n for n in graph.nodes if n is not pad)
    )
