"""1x1 CONV_2D of at most 16 input channels for Arm MVE: weights stay in registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel
from tinydeploy.kernels.mve import (
    GROUP,
    LARGEST_STEP,
    VECTOR_BYTES,
    common_defines,
    pack_table,
    pack_weights,
    rounds_exactly,
)
from tinydeploy.kernels.requantization import requantization
from tinydeploy.ops.window import Window

if TYPE_CHECKING:
    from tinydeploy.ops.conv_2d import Conv2D

_BLOCK_PIXELS = 64
"""More pixels load the weights less often, but overlap less memory."""


def lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, compiled for this layer. Exact for the reasons of conv_2d_1x1_mve."""
    weights, channels = io.input(1), io.output.shape[3]
    depth = io.input(0).shape[3]
    if weights.shape[1:] != (1, 1, depth) or op.window != Window():
        return None
    if depth > VECTOR_BYTES or channels % GROUP or 2 * channels > LARGEST_STEP:
        return None
    numbers = requantization(io, op.activation, weights.constant.reshape(channels, depth))
    if numbers is None or not rounds_exactly(numbers):
        return None
    pixels = io.output.size // channels
    params = {
        "weights": pack_weights(weights.constant.reshape(channels, 1, depth)),
        "table": pack_table(numbers),
    }
    defines = {
        **common_defines(numbers),
        "DEPTH": depth,
        "PIXELS": pixels,
        "BLOCK_PIXELS": _BLOCK_PIXELS,
    }
    return (
        Call(
            "td_conv_2d_1x1_small_s8_mve",
            params,
            overlap_bytes=_overlap_bytes(pixels, depth, channels),
            defines=defines,
            code_bytes=450,
        ),
    )


def _overlap_bytes(pixels: int, depth: int, channels: int) -> int:
    """How far before the input the output must start.

    A block's input is read again for each 4 channels of its output: all outputs up to the block's
    end must end before its input starts. Over full blocks that is linear: the first or the last
    one needs most, or the shorter one at the end.
    """
    last = (pixels - 1) // _BLOCK_PIXELS
    return max(
        min(pixels, (block + 1) * _BLOCK_PIXELS) * channels - block * _BLOCK_PIXELS * depth
        for block in {0, max(0, last - 1), last}
    )


KERNEL = Kernel("conv_2d_1x1_small_mve", Isa.MVE, lower)
