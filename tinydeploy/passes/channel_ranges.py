"""What values each channel of each tensor can take, whatever the model's input is.

Interval arithmetic in the integers that the kernels compute with, so nothing is approximated: a
channel whose interval is one value has that value in every inference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.ir.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    multiply_by_quantized_multiplier,
    multiply_round_once,
)
from tinydeploy.ir.graph import Array, DType, Graph, NodeIO
from tinydeploy.ops.activation import activation_range
from tinydeploy.ops.requantize import bias_of, channel_multipliers

Scale = Callable[[int, int, int], int]
_INT8 = (-128, 127)


@dataclass(frozen=True, slots=True, eq=False)
class ChannelRanges:
    """Lowest and highest value of each channel. Element i of the tensor has channel i mod size."""

    low: Array
    high: Array

    @property
    def size(self) -> int:
        return len(self.low)

    def tiled(self, count: int) -> ChannelRanges:
        """The ranges of `count` elements in a row."""
        repeats = count // self.size
        return ChannelRanges(np.tile(self.low, repeats), np.tile(self.high, repeats))


def channel_ranges(graph: Graph) -> dict[int, ChannelRanges]:
    """The ranges of every int8 tensor that is computed or given at run time."""
    found = {i: _unknown(graph, i) for i in graph.inputs if graph.tensors[i].dtype is DType.INT8}
    for node in graph.nodes:
        source = found.get(node.inputs[0]) if node.inputs[0] is not None else None
        rule = _RULES.get(node.op.NAME) or (_view if node.op.IS_VIEW else None)
        for output in node.outputs:
            if graph.tensors[output].dtype is DType.INT8:
                known = rule(node.op, graph.io(node), source) if rule and source else None
                found[output] = known or _unknown(graph, output)
    return found


def _unknown(graph: Graph, index: int) -> ChannelRanges:
    shape = graph.tensors[index].shape
    channels = shape[-1] if shape else 1
    return ChannelRanges(np.full(channels, _INT8[0]), np.full(channels, _INT8[1]))


def _conv_2d(op: Any, io: NodeIO, source: ChannelRanges) -> ChannelRanges | None:
    weights = io.input(1).constant.astype(np.int64)
    if not weights.shape[3] == io.input(0).shape[3] == source.size:
        return None
    low, high = _centred(op, io, source)
    positive = np.maximum(weights, 0).sum(axis=(1, 2))
    negative = np.minimum(weights, 0).sum(axis=(1, 2))
    sums = positive @ low + negative @ high, positive @ high + negative @ low
    return _requantized(op, io, sums, multiply_by_quantized_multiplier)


def _depthwise_conv_2d(op: Any, io: NodeIO, source: ChannelRanges) -> ChannelRanges | None:
    weights = io.input(1).constant.astype(np.int64)[0]
    depth = io.input(0).shape[3]
    whole = source.tiled(depth)  # behind a view there may be fewer ranges than channels
    low, high = (np.repeat(v, weights.shape[2] // depth) for v in _centred(op, io, whole))
    positive = np.maximum(weights, 0).sum(axis=(0, 1))
    negative = np.minimum(weights, 0).sum(axis=(0, 1))
    sums = positive * low + negative * high, positive * high + negative * low
    return _requantized(op, io, sums, multiply_by_quantized_multiplier)


def _fully_connected(op: Any, io: NodeIO, source: ChannelRanges) -> ChannelRanges | None:
    weights = io.input(1).constant.astype(np.int64)
    if weights.shape[1] % source.size:
        return None
    row = source.tiled(weights.shape[1])
    low, high = row.low - io.input(0).zero_point, row.high - io.input(0).zero_point
    positive, negative = np.maximum(weights, 0), np.minimum(weights, 0)
    sums = positive @ low + negative @ high, positive @ high + negative @ low
    return _requantized(op, io, sums, multiply_round_once)


def _centred(op: Any, io: NodeIO, source: ChannelRanges) -> tuple[Array, Array]:
    """The ranges minus the zero point; a padded window may also read zeros."""
    low, high = source.low - io.input(0).zero_point, source.high - io.input(0).zero_point
    if is_padded(op):
        return np.minimum(low, 0), np.maximum(high, 0)
    return low, high


def is_padded(op: Any) -> bool:
    """Whether the window of a convolution can lie partly outside the image."""
    return any((*op.window.padding_before, *op.window.padding_after))


def _requantized(
    op: Any, io: NodeIO, sums: tuple[Array, Array], scale: Scale
) -> ChannelRanges | None:
    """Output ranges from the ranges of the sums of products: scaling is monotonic."""
    channels = len(sums[0])
    bias = bias_of(io, channels).astype(np.int64)
    rounds_once = scale is multiply_round_once
    multipliers, shifts = channel_multipliers(io, channels, rounds_once=rounds_once)
    clamp = activation_range(op.activation, io.output)
    ends = []
    for total in sums:
        values = [
            _scaled(int(total[c] + bias[c]), int(multipliers[c]), int(shifts[c]), scale)
            for c in range(channels)
        ]
        if any(value is None for value in values):
            return None
        ends.append(np.clip(np.array(values) + io.output.zero_point, *clamp))
    return ChannelRanges(*ends)


def _scaled(value: int, multiplier: int, shift: int, scale: Scale) -> int | None:
    """The scaled sum, or None where an intermediate would leave 32 bits."""
    fits = INT32_MIN <= value << max(shift, 0) <= INT32_MAX
    scaled = scale(value, multiplier, shift) if fits else None
    return scaled if scaled is not None and abs(scaled) < INT32_MAX - 128 else None


def _pool(op: Any, io: NodeIO, source: ChannelRanges) -> ChannelRanges | None:
    clamp = activation_range(op.activation, io.output)
    return ChannelRanges(np.clip(source.low, *clamp), np.clip(source.high, *clamp))


def _view(_op: Any, io: NodeIO, source: ChannelRanges) -> ChannelRanges | None:
    shape = io.output.shape
    return source if shape and shape[-1] % source.size == 0 else None


_RULES: dict[str, Callable[[Any, NodeIO, ChannelRanges], ChannelRanges | None]] = {
    "CONV_2D": _conv_2d,
    "DEPTHWISE_CONV_2D": _depthwise_conv_2d,
    "FULLY_CONNECTED": _fully_connected,
    "AVERAGE_POOL_2D": _pool,
    "MAX_POOL_2D": _pool,
}
