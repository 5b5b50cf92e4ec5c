"""CONV_2D for any core: windows of two pixels copied side by side, times four channels at a time.

Exact: padding is stored as the input's zero point, so every window sums the same products; sums
are exact in 32 bits; td_requantize.h rounds as the reference does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Scratch
from tinydeploy.kernels import unsigned
from tinydeploy.kernels.requantization import requantization
from tinydeploy.kernels.unsigned import Rounding

if TYPE_CHECKING:
    from tinydeploy.ops.conv_2d import Conv2D

_PIXELS = 2
_CODE_BYTES = 2700


def lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, or None for groups and sums near the limits of 32 bits."""
    source, weights, output = io.input(0), io.input(1), io.output
    channels, kernel_height, kernel_width, group_channels = weights.shape
    depth = kernel_height * kernel_width * group_channels
    if group_channels != source.shape[3] or depth > unsigned.LARGEST_DEPTH:
        return None
    if source.is_constant:  # it may lie anywhere, words are read at multiples of 4
        return None
    rows = weights.constant.reshape(channels, depth)
    numbers = requantization(io, op.activation, rows, amplifies=True)
    packed = unsigned.channel_rows(numbers, rows, Rounding.TWICE) if numbers else None
    if numbers is None or packed is None:
        return None
    length = unsigned.padded_depth(depth)
    params = {
        "batches": source.shape[0],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "input_channels": source.shape[3],
        "output_height": output.shape[1],
        "output_width": output.shape[2],
        "output_channels": channels,
        "kernel_height": kernel_height,
        "kernel_width": kernel_width,
        "stride_height": op.window.stride[0],
        "stride_width": op.window.stride[1],
        "dilation_height": op.window.dilation[0],
        "dilation_width": op.window.dilation[1],
        "padding_top": op.window.padding_before[0],
        "padding_left": op.window.padding_before[1],
        "depth": length,
        "input_zero_point": source.zero_point,
        "dot": unsigned.dot_routine(numbers, packed[1], length, _PIXELS, Rounding.TWICE),
        "weights": unsigned.pack_weights(packed[0]),
        "table": packed[1],
    }
    return (
        Call(
            "td_conv_2d_s8_fast",
            params,
            operands=(Input(0), Output(0), Scratch()),
            scratch_bytes=_PIXELS * length,
            overlap_bytes=_overlap_bytes(op, io),
            code_bytes=_CODE_BYTES,
        ),
    )


def _overlap_bytes(op: Conv2D, io: NodeIO) -> int:
    """How far before the input the output must start.

    A pixel's window is read before its outputs are written (on some cores, with the next pixel's
    window). So the outputs up to a pixel's end must end before the first byte that a later window
    reads: the least of the later windows' first bytes, in reading order.
    """
    source, output = io.input(0), io.output
    batches, height, width, depth = source.shape
    # A window that starts in the padding reads the image from its first row or column on.
    rows, columns = (
        np.maximum(np.arange(output.shape[axis + 1]) * op.window.stride[axis] - before, 0)
        for axis, before in enumerate(op.window.padding_before)
    )
    images = np.arange(batches) * (height * width)
    first = (images[:, None, None] + rows[:, None] * width + columns).reshape(-1)
    later = np.minimum.accumulate(first[::-1])[::-1]
    distances = np.arange(1, first.size) * output.shape[3] - later[1:] * depth
    return int(distances.max(initial=-source.size))


KERNEL = Kernel("conv_2d_generic_fast", Isa.GENERIC, lower)
