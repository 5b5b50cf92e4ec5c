"""CONV_2D of few input channels for Arm MVE: columns under the window side by side in scratch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Scratch
from tinydeploy.kernels.mve import (
    LARGEST_STEP,
    VECTOR_BYTES,
    common_defines,
    pack_table,
    pack_weights,
    rounds_exactly,
    tile_code_bytes,
)
from tinydeploy.kernels.requantization import requantization

if TYPE_CHECKING:
    from tinydeploy.ops.conv_2d import Conv2D

_LARGEST_OFFSET = 255
_MOST_DEPTH = 12
"""With more input channels, vectors of channels waste little, and need fewer copies."""
_MOST_VECTORS = 64
"""In a row of input: each costs code."""


def lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, compiled for this layer.

    Exact: the padding holds the input's zero point, whose products cancel with those in the
    bias, as in the reference, which leaves both out.
    """
    weights = io.input(1).constant
    channels, height, _, depth = weights.shape
    numbers = requantization(io, op.activation, weights.reshape(channels, -1))
    if numbers is None or not rounds_exactly(numbers) or not _accepts(op, io):
        return None
    defines = {**common_defines(numbers), **_geometry(op, io)}
    by_columns = weights.transpose(0, 2, 1, 3).reshape(channels, 1, -1)
    params = {
        "weights": pack_weights(by_columns),
        "table": pack_table(numbers),
        "offsets": _spread(depth, height * depth).astype(np.uint8),
    }
    return (
        Call(
            "td_conv_2d_columns_s8_mve",
            params,
            (Input(0), Output(), Scratch()),
            scratch_bytes=defines["FILLED_VECTORS"] * VECTOR_BYTES,
            overlap_bytes=_overlap_bytes(op, io.input(0).shape, io.output.shape),
            defines=defines,
            code_bytes=400 + tile_code_bytes(defines["DEPTH"], channels),
        ),
    )


def _accepts(op: Conv2D, io: NodeIO) -> bool:
    """Whether all offsets fit the instructions, and the code does not grow too much."""
    source, (channels, height, width, depth) = io.input(0).shape, io.input(1).shape
    if source[0] != 1 or source[3] != depth or op.window.dilation != (1, 1):
        return False
    if depth > _MOST_DEPTH or 2 * channels > LARGEST_STEP:
        return False
    column = height * depth
    copied = _columns(op, io) - op.window.padding_before[1]
    return (
        _spread(depth, column).max() <= _LARGEST_OFFSET
        and 0 < min(source[2], copied) <= _MOST_VECTORS * (VECTOR_BYTES // depth)
        and max(op.window.stride[1], width) * column <= LARGEST_STEP
    )


def _columns(op: Conv2D, io: NodeIO) -> int:
    """Of the padded input, under all windows of a row."""
    return (io.output.shape[2] - 1) * op.window.stride[1] + io.input(1).shape[2]


def _geometry(op: Conv2D, io: NodeIO) -> dict[str, int]:
    source, output = io.input(0), io.output
    _, height, width, depth = io.input(1).shape
    top, left = op.window.padding_before
    columns, column = _columns(op, io), height * depth
    return {
        "DEPTH": width * column,
        "WINDOW_STEP": op.window.stride[1] * column,
        "COLUMN_BYTES": column,
        "CHANNELS": depth,
        "KERNEL_HEIGHT": height,
        "INPUT_HEIGHT": source.shape[1],
        "INPUT_ROW_BYTES": source.shape[2] * depth,
        "COPIED_WIDTH": min(source.shape[2], columns - left),
        "VECTOR_PIXELS": VECTOR_BYTES // depth,
        "IMAGE_AT": left * column,
        "FILLED_VECTORS": -(-columns * column // VECTOR_BYTES),
        "PADDING_TOP": top,
        "STRIDE_HEIGHT": op.window.stride[0],
        "OUTPUT_HEIGHT": output.shape[1],
        "OUTPUT_WIDTH": output.shape[2],
        "INPUT_ZERO_POINT": source.zero_point,
    }


def _spread(depth: int, column: int) -> Array:
    """Where 16 adjacent bytes of a row lie in the columns."""
    lanes = np.arange(VECTOR_BYTES)
    return lanes // depth * column + lanes % depth


def _overlap_bytes(op: Conv2D, source: tuple[int, ...], output: tuple[int, ...]) -> int:
    """How far before the input the output must start.

    A row of outputs is written after its windows have been copied, and the next row's windows are
    copied after that: all outputs up to a row's end must end before the next row's first input.
    """
    _, input_height, input_width, depth = source
    _, height, width, channels = output
    distances = [-input_height * input_width * depth]
    for row in range(1, height):
        first = max(0, row * op.window.stride[0] - op.window.padding_before[0])
        if first < input_height:
            distances.append(row * width * channels - first * input_width * depth)
    return max(distances)


KERNEL = Kernel("conv_2d_columns_mve", Isa.MVE, lower)
