"""1x1 CONV_2D for Arm MVE: two pixels by four channels at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel
from tinydeploy.kernels.mve import (
    LARGEST_STEP,
    common_defines,
    pack_table,
    pack_weights,
    reach,
    rounds_exactly,
    tile_code_bytes,
)
from tinydeploy.kernels.requantization import requantization

if TYPE_CHECKING:
    from tinydeploy.ops.conv_2d import Conv2D


_MOST_PIXELS = 2 * 0xFFFF
"""Of a row: their pairs are counted by a constant of 16 bits."""


def lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, compiled for this layer.

    Exact: products of raw inputs, the zero point in the bias (there is no padding), sums in 32
    bits, and the requantization of td_mve.inc.
    """
    source, weights, output = io.input(0), io.input(1), io.output
    batches, _, width, depth = source.shape
    stride_height, stride_width = op.window.stride
    strided = (stride_height, stride_width) != (1, 1)
    is_padded = any((*op.window.padding_before, *op.window.padding_after))
    if weights.shape[1:] != (1, 1, depth) or is_padded:
        return None
    if strided and batches != 1:
        return None
    channels = output.shape[3]
    numbers = requantization(io, op.activation, weights.constant.reshape(channels, depth))
    step = depth * stride_width
    if numbers is None or not rounds_exactly(numbers) or max(2 * channels, step) > LARGEST_STEP:
        return None
    pixels = output.shape[2] if strided else output.size // channels
    rows = output.shape[1] if strided else 1
    if pixels > _MOST_PIXELS:
        return None
    alignment = 1 if source.is_constant else 4
    row_step = stride_height * width * depth - pixels * step if strided else 0
    defines = {
        **common_defines(numbers),
        "DEPTH": depth,
        "REACH": reach(depth, step, alignment),
        "ROWS": rows,
        "PIXELS": pixels,
        "PIXEL_STEP": step,
        "ROW_STEP": row_step,
    }
    params = {
        "weights": pack_weights(weights.constant.reshape(channels, 1, depth)),
        "table": pack_table(numbers),
    }
    return (
        Call(
            "td_conv_2d_1x1_s8_mve",
            params,
            overlap_bytes=_overlap_bytes(rows, pixels, channels, step, row_step),
            defines=defines,
            code_bytes=200 + tile_code_bytes(depth, channels),
        ),
    )


def _overlap_bytes(rows: int, pixels: int, channels: int, step: int, row_step: int) -> int:
    """How far before the input the output must start.

    While a pair of pixels is computed, its outputs are written and its inputs are read again for
    each 4 channels. So all outputs up to a pair's end must end before the pair's inputs start.
    Output minus input position is linear in the pair within a row, and in the row: its largest
    value is at a corner.
    """
    row_bytes = pixels * step + row_step

    def distance(row: int, pair: int) -> int:
        end = (row * pixels + min(2 * pair + 2, pixels)) * channels
        return end - (row * row_bytes + 2 * pair * step)

    pairs = {0, max(0, (pixels - 1) // 2 - 1), (pixels - 1) // 2}
    return max(distance(row, pair) for row in {0, rows - 1} for pair in pairs)


KERNEL = Kernel("conv_2d_1x1_mve", Isa.MVE, lower)
