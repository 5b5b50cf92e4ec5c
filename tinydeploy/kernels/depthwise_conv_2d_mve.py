"""DEPTHWISE_CONV_2D for Arm MVE: a channel at a time, with gathers in a plane of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Scratch
from tinydeploy.kernels.mve import VECTOR_BYTES, common_defines, rounds_exactly
from tinydeploy.kernels.requantization import Requantization, requantization
from tinydeploy.ops.window import Window

if TYPE_CHECKING:
    from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D

_LARGEST_OFFSET = 255
_LARGEST_UNROLLED = 96
"""Outputs in a loop's body: about 1.5 kB of code."""
_SCRATCH_FOR_EIGHT = 2048
"""Copying eight channels at a time is faster, unless their planes take more than this."""
_MOST_BLOCKS = 3
_SLACK = VECTOR_BYTES
"""A load reads past the last window where the plane ends."""
_MOST_OUTPUTS = 3
_LARGEST_CHANNELS = 2047
"""16-bit offsets reach 32 pixels."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    """How the weights of a channel spread over vectors of 16 lanes."""

    kernel: tuple[int, int]
    window: Window

    @property
    def outputs(self) -> int:
        """Adjacent outputs from one load: their windows together fit its lanes."""
        height, width = self.kernel
        if self.window.dilation != (1, 1):
            return 1
        spare = VECTOR_BYTES // height - width
        return max(1, min(_MOST_OUTPUTS, 1 + spare // self.window.stride[1]))

    @property
    def columns(self) -> int:
        return self.kernel[1] + (self.outputs - 1) * self.window.stride[1]

    @property
    def rows(self) -> int:
        """Rows of the kernel in a block."""
        return min(self.kernel[0], VECTOR_BYTES // self.columns)

    @property
    def count(self) -> int:
        return -(-self.kernel[0] // self.rows)

    def offsets(self, plane_width: int) -> Array:
        """Where the lanes of a block lie; unused lanes are at 0."""
        down, right = self.window.dilation
        rows = np.arange(self.rows)[:, None] * down * plane_width
        lanes = (rows + np.arange(self.columns) * right).reshape(-1)
        return np.pad(lanes, (0, VECTOR_BYTES - lanes.size))

    def weights(self, weights: Array) -> Array:
        """[height, width, channels] to [channels, blocks, 16]."""
        height, width, channels = weights.shape
        rows = np.zeros((self.count * self.rows, self.columns, channels), np.int8)
        rows[:height, :width] = weights
        lanes = rows.reshape(self.count, self.rows * self.columns, channels)
        padded = np.zeros((channels, self.count, VECTOR_BYTES), np.int8)
        padded[:, :, : lanes.shape[1]] = lanes.transpose(2, 0, 1)
        return padded


def lower(op: DepthwiseConv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, compiled for this layer: eight planes at a time, unless they are large.

    Exact: borders hold the input's zero point, whose products cancel with those in the bias, as
    in the reference, which leaves both out; lanes without a weight multiply by 0.
    """
    return _lower(op, io, _SCRATCH_FOR_EIGHT)


def lower_one_plane(op: DepthwiseConv2D, io: NodeIO) -> tuple[Call, ...] | None:
    """The same with an eighth of the scratch memory, where that differs."""
    calls = _lower(op, io, 0)
    usual = _lower(op, io, _SCRATCH_FOR_EIGHT)
    return calls if usual and calls and usual[0].defines != calls[0].defines else None


def _lower(
    op: DepthwiseConv2D, io: NodeIO, scratch_for_eight_bytes: int
) -> tuple[Call, ...] | None:
    source, weights, output = io.input(0), io.input(1), io.output
    _, height, width, channels = weights.shape
    fits = source.shape[0] == 1 and source.shape[3] == channels <= _LARGEST_CHANNELS
    if not fits or width > VECTOR_BYTES:
        return None
    taps = weights.constant.reshape(height, width, channels)
    numbers = requantization(io, op.activation, taps.reshape(-1, channels).T)
    blocks = _Blocks((height, width), op.window)
    if numbers is None or not rounds_exactly(numbers) or blocks.count > _MOST_BLOCKS:
        return None
    geometry = _geometry(op.window, blocks, source.shape, output.shape, scratch_for_eight_bytes)
    offsets = blocks.offsets(geometry["PLANE_WIDTH"])
    if offsets.max() > _LARGEST_OFFSET or geometry["PLANE_WIDTH"] > _LARGEST_OFFSET:
        return None
    if geometry["STRIDE_ROW"] * geometry["REPEATED_ROWS"] > 4095 or geometry["IMAGE_AT"] < 0:
        return None
    defines = {
        **common_defines(numbers),
        **geometry,
        "CHANNELS": channels,
        "INPUT_ZERO_POINT": source.zero_point,
        "BLOCKS": blocks.count,
        "OUTPUTS": blocks.outputs,
    }
    return (
        Call(
            "td_depthwise_conv_2d_s8_mve",
            {
                "table": _table(blocks.weights(taps), numbers),
                "offsets": offsets.astype(np.uint8),
            },
            (Input(0), Output(), Scratch()),
            scratch_bytes=geometry["FILLED_BYTES"],
            in_place=True,
            defines=defines,
            code_bytes=_code_bytes(defines),
        ),
    )


def _geometry(
    window: Window,
    blocks: _Blocks,
    source: tuple[int, ...],
    output: tuple[int, ...],
    scratch_for_eight_bytes: int,
) -> dict[str, int]:
    _, input_height, input_width, channels = source
    _, height, width, _ = output
    top, left = window.padding_before
    down, right = window.dilation
    used_rows = (height - 1) * window.stride[0] + (blocks.kernel[0] - 1) * down + 1
    used_columns = (width - 1) * window.stride[1] + (blocks.kernel[1] - 1) * right + 1
    loaded_rows = used_rows + (blocks.count * blocks.rows - blocks.kernel[0]) * down
    plane_bytes = loaded_rows * used_columns
    group = 8 if 8 * plane_bytes <= scratch_for_eight_bytes else 1
    period = 8 // math.gcd(width, 8)
    return {
        "COPIED_HEIGHT": max(0, min(input_height, used_rows - top)),
        "COPIED_WIDTH": max(0, min(input_width, used_columns - left)),
        "INPUT_ROW_BYTES": input_width * channels,
        "PLANE_WIDTH": used_columns,
        "PLANE_BYTES": plane_bytes,
        "FILLED_BYTES": -(-(group * plane_bytes + _SLACK) // VECTOR_BYTES) * VECTOR_BYTES,
        "IMAGE_AT": top * used_columns + left,
        "GROUP": group,
        "OUTPUT_HEIGHT": height,
        "OUTPUT_WIDTH": width,
        "STRIDE_ROW": window.stride[0] * used_columns,
        "STRIDE": window.stride[1],
        "BLOCK_BYTES": blocks.rows * down * used_columns,
        "REPEATED_ROWS": period if period * width <= _LARGEST_UNROLLED else 1,
    }


def _table(weights: Array, numbers: Requantization) -> Array:
    """One row a channel: weights as words, bias, multiplier, shift to the left."""
    channels = numbers.bias.size
    words = np.ascontiguousarray(weights.reshape(channels, -1)).view(np.int32)
    constants = np.stack([numbers.bias, numbers.multipliers, -numbers.right_shifts], axis=1)
    return np.hstack([words, constants]).reshape(-1)


def _code_bytes(defines: dict[str, int]) -> int:
    rows = defines["REPEATED_ROWS"]
    bodies = min(1, defines["OUTPUT_HEIGHT"] // rows) * rows + defines["OUTPUT_HEIGHT"] % rows
    copies = defines["COPIED_WIDTH"] * (8 if defines["GROUP"] == 8 else 1)
    return 300 + copies + 15 * bodies * defines["OUTPUT_WIDTH"]


KERNELS = (
    Kernel("depthwise_conv_2d_mve", Isa.MVE, lower),
    Kernel("depthwise_conv_2d_one_plane_mve", Isa.MVE, lower_one_plane),
)
