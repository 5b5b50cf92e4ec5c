"""DEPTHWISE_CONV_2D for any core: one channel at a time, from a padded copy of it.

Exact: the copy holds values plus 128, and the input's zero point plus 128 as padding. So every
window sums all its products, Σ (x+128)·w = Σ x·w + 128·Σ w, and the bias takes both corrections.
td_requantize.h rounds as the reference does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Routine, Scratch
from tinydeploy.kernels import unsigned
from tinydeploy.kernels.requantization import requantization
from tinydeploy.kernels.unsigned import Rounding

if TYPE_CHECKING:
    from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D

_BLOCKS = (4, 5, 3, 6)
"""Outputs computed together; the first of these that divides a row, else what wastes least."""
_LARGEST_UNROLL = 9
_LARGEST_SCRATCH_BYTES = 2**15
_CODE_BYTES = 900


def lower(op: DepthwiseConv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, or None for sums near the limits of 32 bits and huge planes."""
    source, weights, output = io.input(0), io.input(1), io.output
    _, kernel_height, kernel_width, channels = weights.shape
    rows = np.ascontiguousarray(weights.constant.reshape(-1, channels).T)
    numbers = requantization(io, op.activation, rows, amplifies=True)
    packed = unsigned.channel_rows(numbers, rows, Rounding.TWICE) if numbers else None
    block = _block(output.shape[2])
    plane_height, plane_width = _plane(op, io, block)
    if numbers is None or packed is None or plane_height * plane_width > _LARGEST_SCRATCH_BYTES:
        return None
    routine = Routine(
        "td_depthwise_plane_u8",
        {
            "KERNEL_HEIGHT": kernel_height,
            "KERNEL_WIDTH": kernel_width,
            "STRIDE_WIDTH": op.window.stride[1],
            "DILATION_WIDTH": op.window.dilation[1],
            "BLOCK": block,
            "LARGEST_UNROLL": _LARGEST_UNROLL,
            "AMPLIFIES": unsigned.amplifies(packed[1]),
            "ZERO_POINT": numbers.zero_point,
            "MINIMUM": numbers.minimum,
            "MAXIMUM": numbers.maximum,
        },
    )
    params = {
        "batches": source.shape[0],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "input_channels": source.shape[3],
        "output_height": output.shape[1],
        "output_width": output.shape[2],
        "multiplier": channels // source.shape[3],
        "stride_height": op.window.stride[0],
        "dilation_height": op.window.dilation[0],
        "padding_top": op.window.padding_before[0],
        "padding_left": op.window.padding_before[1],
        "plane_height": plane_height,
        "plane_width": plane_width,
        "kernel_size": kernel_height * kernel_width,
        "input_zero_point": source.zero_point,
        "convolve": routine,
        "weights": packed[0],
        "table": packed[1],
    }
    return (
        Call(
            "td_depthwise_conv_2d_s8_fast",
            params,
            operands=(Input(0), Output(0), Scratch()),
            scratch_bytes=plane_height * plane_width,
            in_place=_in_place(io),
            code_bytes=_CODE_BYTES,
        ),
    )


def _block(width: int) -> int:
    """Outputs that are computed together."""
    if width < min(_BLOCKS):
        return width
    return min(_BLOCKS, key=lambda block: (-width % block, _BLOCKS.index(block)))


def _plane(op: DepthwiseConv2D, io: NodeIO, block: int) -> tuple[int, int]:
    """Height and width of what all windows read, when each row's last block is whole."""
    _, height, width, _ = io.output.shape
    sizes = (height, -(-width // block) * block)
    plane_height, plane_width = (
        (sizes[i] - 1) * op.window.stride[i]
        + (io.input(1).shape[i + 1] - 1) * op.window.dilation[i]
        + 1
        for i in (0, 1)
    )
    return plane_height, plane_width


def _in_place(io: NodeIO) -> bool:
    """Whether outputs land only on values of their own channel and batch, or of earlier ones."""
    source, output = io.input(0), io.output
    return output.shape[3] == source.shape[3] and (
        source.shape[0] == 1 or output.size <= source.size
    )


KERNEL = Kernel("depthwise_conv_2d_generic_fast", Isa.GENERIC, lower)
