"""Removes channels that never change: what they contribute goes into the bias of their readers.

A checkpoint trained with strong decay holds many: their multiplier is so small that the output is
the same whatever the input. Removing them changes no output bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tinydeploy.ir.graph import Array, DType, Graph, Node, Quantization, Tensor
from tinydeploy.passes.channel_ranges import ChannelRanges, channel_ranges, is_padded

_ALIGNED_CHANNELS = 4
"""Channels are kept in fours: kernels handle four at a time, and dead ones cost little."""
_CHANNELWISE = {"AVERAGE_POOL_2D", "MAX_POOL_2D"}
_INT32 = np.iinfo(np.int32)


def drop_constant_channels(graph: Graph) -> Graph:
    """The graph without the constant channels that every reader can do without."""
    ranges = channel_ranges(graph)
    groups = _Groups(graph, ranges)
    kept = {tensor: groups.kept(tensor) for tensor in ranges}
    if all(len(channels) == ranges[tensor].size for tensor, channels in kept.items()):
        return graph
    return _Rewrite(graph, ranges, kept).result()


class _Groups:
    """Tensors whose channels can only be removed together, and which of them can be."""

    def __init__(self, graph: Graph, ranges: dict[int, ChannelRanges]) -> None:
        self._graph = graph
        self._ranges = ranges
        self._parent = {tensor: tensor for tensor in ranges}
        self._blocked: dict[int, Array] = {t: np.zeros(r.size, bool) for t, r in ranges.items()}
        for tensor in (*graph.inputs, *graph.outputs):
            self._block(tensor)
        for node in graph.nodes:
            self._visit(node)

    def kept(self, tensor: int) -> Array:
        """The channels of `tensor` that stay, in order."""
        blocked = self._blocked[self._root(tensor)]
        stay = np.flatnonzero(blocked)
        wanted = min(len(blocked), max(1, -(-len(stay) // _ALIGNED_CHANNELS)) * _ALIGNED_CHANNELS)
        extra = np.flatnonzero(~blocked)[: wanted - len(stay)]
        return np.sort(np.concatenate([stay, extra]))

    def _visit(self, node: Node) -> None:
        source, output = node.inputs[0], node.outputs[0]
        known = source in self._ranges and output in self._ranges
        if source is not None and known and self._is_reader(node, self._ranges[source]):
            self._block(source, ~absorbable(self._graph, node, self._ranges[source]))
        elif source is not None and known and self._keeps_channels(node):
            self._join(source, output)
        else:
            for tensor in (*node.inputs, *node.outputs):
                self._block(tensor)

    def _is_reader(self, node: Node, source: ChannelRanges) -> bool:
        weights = self._graph.io(node).optional(1)
        if weights is None or weights.data is None:
            return False
        if node.op.NAME == "CONV_2D":
            depth = self._graph.io(node).input(0).shape[3]
            return weights.shape[3] == depth == source.size
        return node.op.NAME == "FULLY_CONNECTED" and weights.shape[1] % source.size == 0

    def _keeps_channels(self, node: Node) -> bool:
        source, output = node.inputs[0], node.outputs[0]
        if source is None or self._ranges[source].size != self._ranges[output].size:
            return False
        return node.op.IS_VIEW or node.op.NAME in {*_CHANNELWISE, "DEPTHWISE_CONV_2D"}

    def _block(self, tensor: int | None, channels: Array | None = None) -> None:
        if tensor in self._blocked:
            root = self._root(tensor)
            self._blocked[root] |= True if channels is None else channels

    def _join(self, one: int, other: int) -> None:
        root, child = self._root(one), self._root(other)
        if root != child:
            self._parent[child] = root
            self._blocked[root] |= self._blocked[child]

    def _root(self, tensor: int) -> int:
        while self._parent[tensor] != tensor:
            tensor = self._parent[tensor]
        return tensor


def absorbable(graph: Graph, node: Node, source: ChannelRanges) -> Array:
    """Which input channels a convolution or fully connected node can replace by a constant."""
    io = graph.io(node)
    weights = io.input(1).constant.astype(np.int64)
    constant = source.low == source.high
    if node.op.NAME == "CONV_2D":
        unused = ~weights.any(axis=(0, 1, 2))
        if is_padded(node.op):
            # At the border such a channel reads zeros instead: only zero itself is the same.
            constant = constant & (source.low == io.input(0).zero_point)
    else:
        unused = ~weights.any(axis=0).reshape(-1, source.size).any(axis=0)
    # The folded bias must stay in 32 bits, wherever the sums went before.
    most = np.abs(weights).reshape(weights.shape[0], -1).sum(axis=1).max() * 255
    bias = io.optional(2)
    most += 0 if bias is None else int(np.abs(bias.constant.astype(np.int64)).max())
    return (constant | unused) if most <= _INT32.max else np.zeros(source.size, bool)


@dataclass(frozen=True, slots=True, eq=False)
class _Rewrite:
    """Builds the smaller graph: `kept` lists the channels that stay of each tensor."""

    graph: Graph
    ranges: dict[int, ChannelRanges]
    kept: dict[int, Array]

    def result(self) -> Graph:
        tensors = list(self.graph.tensors)
        for index, channels in self.kept.items():
            tensors[index] = self._narrowed(tensors[index], index, channels)
        nodes = []
        for node in self.graph.nodes:
            new = tuple(self._new_constants(node))
            inputs = list(node.inputs[:1] if node.op.IS_VIEW else node.inputs)
            for position, tensor in new:
                inputs[position : position + 1] = [len(tensors)]
                tensors.append(tensor)
            nodes.append(replace(node, inputs=tuple(inputs)))
        return replace(self.graph, tensors=tuple(tensors), nodes=tuple(nodes))

    def _narrowed(self, tensor: Tensor, index: int, channels: Array) -> Tensor:
        size = self.ranges[index].size
        if len(channels) == size:
            return tensor
        last = tensor.shape[-1] // size * len(channels)
        return replace(tensor, shape=(*tensor.shape[:-1], last))

    def _new_constants(self, node: Node) -> Iterator[tuple[int, Tensor]]:
        """(input position, tensor) of the weights and the bias of a node that loses channels."""
        source, output = node.inputs[0], node.outputs[0]
        if source not in self.kept or output not in self.kept or source is None:
            return
        is_convolution = node.op.NAME in {"CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"}
        if not is_convolution or not (self._loses(source) or self._loses(output)):
            return
        weights = self.graph.io(node).input(1)
        channel_axis = 3 if node.op.NAME == "DEPTHWISE_CONV_2D" else 0
        outputs = self.kept[output]
        data = np.take(weights.constant, outputs, axis=channel_axis)
        bias = self._bias(node)[outputs]
        if node.op.NAME != "DEPTHWISE_CONV_2D":
            columns = self._columns(source, data.shape[-1])
            data = np.ascontiguousarray(np.take(data, columns, axis=-1))
        affine = _subset(weights.quantization, outputs)
        yield 1, replace(weights, shape=data.shape, data=data, quantization=affine)
        yield 2, Tensor(f"{weights.name} bias", bias.shape, DType.INT32, data=bias)

    def _loses(self, tensor: int) -> bool:
        return len(self.kept[tensor]) < self.ranges[tensor].size

    def _columns(self, source: int, depth: int) -> Array:
        """Which weights of a row stay: a flattened image repeats its channels."""
        size = self.ranges[source].size
        stays = np.zeros(size, bool)
        stays[self.kept[source]] = True
        return np.flatnonzero(np.tile(stays, depth // size))

    def _bias(self, node: Node) -> Array:
        """The bias of all outputs, with what the removed input channels contribute."""
        io, source = self.graph.io(node), node.inputs[0]
        weights, bias = io.input(1).constant.astype(np.int64), io.optional(2)
        channels = weights.shape[3 if node.op.NAME == "DEPTHWISE_CONV_2D" else 0]
        total = np.zeros(channels, np.int64)
        if bias is not None:
            total += bias.constant.reshape(-1)
        if node.op.NAME != "DEPTHWISE_CONV_2D" and source is not None:
            rows = weights.reshape(channels, -1, weights.shape[-1])
            removed = np.ones(weights.shape[-1], bool)
            removed[self._columns(source, weights.shape[-1])] = False
            values = self.ranges[source].tiled(weights.shape[-1]).low - io.input(0).zero_point
            total += (rows.sum(axis=1) * values)[:, removed].sum(axis=1)
        return total.astype(np.int32)


def _subset(affine: Quantization | None, channels: Array) -> Quantization | None:
    if affine is None or not affine.per_channel:
        return affine
    return replace(
        affine,
        scales=tuple(affine.scales[c] for c in channels),
        zero_points=tuple(affine.zero_points[c] for c in channels),
    )
