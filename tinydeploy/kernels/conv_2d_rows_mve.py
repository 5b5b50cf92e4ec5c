"""CONV_2D of many input channels for Arm MVE: rows in scratch, four pixels by two channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Scratch
from tinydeploy.kernels.mve import (
    LARGEST_STEP,
    VECTOR_BYTES,
    common_defines,
    rounds_exactly,
)
from tinydeploy.kernels.requantization import Requantization, requantization

if TYPE_CHECKING:
    from tinydeploy.ops.conv_2d import Conv2D

_PIXELS, _CHANNELS = 4, 2
"""Of a tile."""
_REACH = 3 * 508
"""Bytes that two pointers with signed 10-bit offsets reach."""
_MOST_UNROLLED = 48
"""Windows of more blocks than this are a loop over their rows."""
_MOST_ROWS = 12
_LARGEST_ROW = 32_767


def lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, compiled for this layer.

    Exact: the padding holds the input's zero point, whose products cancel with those in the
    bias, as in the reference, which leaves both out; channels beyond the last multiply by 0.
    """
    weights = io.input(1).constant
    numbers = requantization(io, op.activation, weights.reshape(weights.shape[0], -1))
    if numbers is None or not rounds_exactly(numbers):
        return None
    defines = {**common_defines(numbers), **_geometry(op, io)}
    if not _accepts(op, io, defines):
        return None
    params = {
        "weights": _pack_weights(weights, defines["BLOCKS"], defines["STRIDE"]),
        "table": _pack_table(numbers),
    }
    return (
        Call(
            "td_conv_2d_rows_s8_mve",
            params,
            (Input(0), Output(), Scratch()),
            scratch_bytes=defines["FILLED_VECTORS"] * VECTOR_BYTES,
            overlap_bytes=_overlap_bytes(
                op, io.input(0).shape, io.output.shape, defines["KERNEL_HEIGHT"]
            ),
            defines=defines,
            code_bytes=_code_bytes(defines),
        ),
    )


def _accepts(op: Conv2D, io: NodeIO, geometry: dict[str, int]) -> bool:
    """Whether all offsets fit the instructions, and all rows the frame."""
    source, (channels, height, width, depth) = io.input(0).shape, io.input(1).shape
    if source[0] != 1 or source[3] != depth or op.window.dilation != (1, 1):
        return False
    if geometry["STRIDE_HEIGHT"] > height or height > _MOST_ROWS or 4 * channels > LARGEST_STEP:
        return False
    tile_bytes = ((_PIXELS - 1) * geometry["STRIDE"] + width) * geometry["BLOCKS"] * VECTOR_BYTES
    return (
        tile_bytes <= _REACH
        and geometry["COPIED_WIDTH"] >= 1
        and geometry["ROW_BYTES"] <= _LARGEST_ROW
    )


def _geometry(op: Conv2D, io: NodeIO) -> dict[str, int]:
    source, output = io.input(0), io.output
    _, height, width, depth = io.input(1).shape
    stride_height, stride = op.window.stride
    top, left = op.window.padding_before
    blocks = -(-depth // VECTOR_BYTES)
    columns = (max(output.shape[2], _PIXELS) - 1) * stride + width
    row_bytes = columns * blocks * VECTOR_BYTES
    return {
        "BLOCKS": blocks,
        "CHANNELS": depth,
        "KERNEL_HEIGHT": height,
        "KERNEL_WIDTH": width,
        "STRIDE_HEIGHT": stride_height,
        "STRIDE": stride,
        "INPUT_HEIGHT": source.shape[1],
        "INPUT_ROW_BYTES": source.shape[2] * depth,
        "PADDING_TOP": top,
        "COPIED_WIDTH": min(source.shape[2], columns - left),
        "IMAGE_AT": left * blocks * VECTOR_BYTES,
        "ROW_BYTES": row_bytes,
        "FILLED_VECTORS": height * row_bytes // VECTOR_BYTES,
        "OUTPUT_HEIGHT": output.shape[1],
        "OUTPUT_WIDTH": output.shape[2],
        "UNROLLED": int(height * width * blocks <= _MOST_UNROLLED),
        "INPUT_ZERO_POINT": source.zero_point,
    }


def _pack_weights(weights: Array, blocks: int, stride: int) -> Array:
    """[channels/2][kernel height][blocks][kernel width][2][16], missing weights 0.

    Columns come in the order in which the kernel visits them: those a stride apart together.
    """
    channels, height, width, depth = weights.shape
    pairs = -(-channels // _CHANNELS)
    padded = np.zeros((pairs * _CHANNELS, height, width, blocks * VECTOR_BYTES), np.int8)
    padded[:channels, :, :, :depth] = weights
    order = [column for first in range(stride) for column in range(first, width, stride)]
    tiles = padded[:, :, order].reshape(pairs, _CHANNELS, height, width, blocks, VECTOR_BYTES)
    return np.ascontiguousarray(tiles.transpose(0, 2, 4, 3, 1, 5)).reshape(-1)


def _pack_table(numbers: Requantization) -> Array:
    """For each 2 channels: each bias four times, then multipliers, then shifts to the left."""

    def paired(values: Array) -> Array:
        return np.pad(values, (0, values.size % _CHANNELS)).reshape(-1, _CHANNELS)

    bias = np.repeat(paired(numbers.bias), _PIXELS, axis=1)
    shifts = paired(-numbers.right_shifts)
    return np.hstack([bias, paired(numbers.multipliers), shifts]).reshape(-1).astype(np.int32)


def _overlap_bytes(
    op: Conv2D, source: tuple[int, ...], output: tuple[int, ...], kernel_height: int
) -> int:
    """How far before the input the output must start.

    A row of outputs is written when all rows under its windows have been copied: it must end
    before the first row of input that has not.
    """
    _, input_height, input_width, depth = source
    _, height, width, channels = output
    distances = [-input_height * input_width * depth]
    for row in range(height):
        unread = max(0, row * op.window.stride[0] - op.window.padding_before[0] + kernel_height)
        if unread < input_height:
            distances.append((row + 1) * width * channels - unread * input_width * depth)
    return max(distances)


def _code_bytes(defines: dict[str, int]) -> int:
    rows = defines["KERNEL_HEIGHT"] if defines["UNROLLED"] else 1
    loads = min(3 * defines["STRIDE"], 3 * defines["KERNEL_WIDTH"]) + 11 * defines["KERNEL_WIDTH"]
    tiles = 1 + defines["OUTPUT_CHANNELS"] % _CHANNELS
    return 600 + tiles * (80 + 4 * rows * defines["BLOCKS"] * loads)


KERNEL = Kernel("conv_2d_rows_mve", Isa.MVE, lower)
