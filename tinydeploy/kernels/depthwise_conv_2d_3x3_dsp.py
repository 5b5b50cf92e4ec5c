"""3x3 DEPTHWISE_CONV_2D for the Arm DSP extension: four channels at a time, from a ring of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Routine, Scratch
from tinydeploy.kernels.requantization import requantization
from tinydeploy.kernels.rounding_dsp import (
    FloorScaling,
    Sums,
    floor_scaling,
    shifts_at_run_time,
    sums_of,
)

if TYPE_CHECKING:
    from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D

_GROUP = 4
_ROWS = 3
_WORD_BYTES = 4
_CHANNEL_BYTES = 40
_FLOOR_BITS, _EXACT_BITS = 8, 1
_BIAS_BITS = 27
_BIAS_MASK = (1 << _BIAS_BITS) - 1
"""A bias that fits 24 bits, scaled by 2, shares its word with a shift."""
_LARGEST_ROW_BLOCK = {1: 6, 2: 3}
"""Outputs of a row that is one block, by stride: as many as the registers hold."""
_BLOCK = {1: 4, 2: 3}
_STEP_WORDS = {1: 2, 2: 3}
"""From a block to the next, where a row has several."""
_DRIVER_BYTES = 1_100
_ROW_BYTES = 100
"""Of code for one layer alone, besides the block; other layers share that code."""
_LARGEST_SHIFT = 22
"""(2 · zero point + 1) · 2^(shift - 1), plus a sum of 24 bits, must fit 32 bits."""
_LARGEST_CHANNELS = 1023
"""The fourth output of a block is reached with an immediate offset."""


@dataclass(frozen=True, slots=True)
class _Row:
    """How a row of outputs is divided into blocks, and its columns into words of two."""

    stride: int
    width: int
    outputs: int
    padding: int

    @property
    def block(self) -> int:
        """Outputs of a block."""
        largest = _LARGEST_ROW_BLOCK[self.stride]
        return self.outputs if self.outputs <= largest else _BLOCK[self.stride]

    @property
    def blocks(self) -> int:
        return -(-self.outputs // self.block)

    @property
    def block_words(self) -> int:
        """Words that a block reads of a row."""
        return (self.block + 3) // 2 if self.stride == 1 else self.block + 1

    @property
    def plane_words(self) -> int:
        return self.blocks * _ROWS * self.block_words

    def pack_fields(self) -> tuple[int, int, int]:
        """Words of two columns after the first: in whole blocks, in the last one; odd column.

        A word at a block's end is the next block's first as well. An odd column never is: with at
        most one column of padding, no window starts there.
        """
        step = _STEP_WORDS[self.stride]
        columns = self.width - (2 - self.padding)
        words, odd = max(columns, 0) // 2, max(columns, 0) % 2
        needed = (self.blocks - 1) * step + self.block_words - 1
        if words >= needed:
            words, odd = needed, 0
        whole = min(self.blocks - 1, words // step) * step
        return whole, words - whole, odd


def _lower(op: DepthwiseConv2D, io: NodeIO, unrolled: bool) -> tuple[Call, ...] | None:
    """One call, or None where the window, the channels or the numbers don't suit.

    Exact: products of raw inputs and of padding that is the zero point, the zero point in the
    bias, and a requantization that `rounding_dsp` has proven.
    """
    source, output = io.input(0), io.output
    if not _suits(op, io):
        return None
    channels = output.shape[3]
    weights = io.input(1).constant.reshape(-1, channels).T
    numbers = requantization(io, op.activation, weights, amplifies=True)
    if numbers is None:
        return None
    sums = sums_of(numbers, weights)
    scaling = floor_scaling(sums) if unrolled else None
    shifts = shifts_at_run_time(sums, _LARGEST_SHIFT)
    if scaling is None and shifts is None:
        return None
    window = op.window
    row = _Row(window.stride[1], source.shape[2], output.shape[2], window.padding_before[1])
    rest = row.outputs % row.block
    groups = _groups(sums, scaling, shifts)
    count = -(-channels // _GROUP)
    params: dict[str, Any] = {
        "row": Routine("td_depthwise_row_s8_dsp", _row_defines(row, channels, scaling, unrolled)),
        "pack": Routine("td_depthwise_pack_s8_dsp", {"TD_STEP": _STEP_WORDS[row.stride]}),
        "groups": groups,
        "group_words": groups.size // count,
        "scale_bits": _FLOOR_BITS if scaling else _EXACT_BITS,
        "rounding": 0 if scaling else 2 * numbers.zero_point + 1,
        "columns": (
            channels,
            row.plane_words * _WORD_BYTES,
            row.padding,
            *row.pack_fields(),
            _four_bytes(source.zero_point),
        ),
        "blocks": (
            row.blocks - bool(rest),
            _ROWS * row.block_words * _WORD_BYTES if rest else 0,
            channels,
        ),
        "rest": rest,
        "block_outputs": row.block,
        "row_words": row.block_words,
        "ring_words": _GROUP * row.plane_words,
        "batches": source.shape[0],
        "input_height": source.shape[1],
        "row_bytes": source.shape[2] * channels,
        "output_height": output.shape[1],
        "output_bytes": output.shape[2] * channels,
        "channels": channels,
        "stride_height": window.stride[0],
        "padding_top": window.padding_before[0],
    }
    return (
        Call(
            "td_depthwise_conv_2d_3x3_s8_dsp",
            params,
            (Input(0), Output(), Scratch()),
            scratch_bytes=_ROWS * _GROUP * _CHANNEL_BYTES + _GROUP * row.plane_words * _WORD_BYTES,
            # A group's input rows are read before the outputs that lie there are written, and
            # nothing of other channels is; the last group may overlap the one before it, though.
            in_place=channels % _GROUP == 0,
            code_bytes=_DRIVER_BYTES + unrolled * _ROW_BYTES + 40 * row.block,
        ),
    )


def _suits(op: DepthwiseConv2D, io: NodeIO) -> bool:
    source, output, window = io.input(0), io.output, op.window
    paddings = (*window.padding_before, *window.padding_after)
    return (
        io.input(1).shape[1:3] == (3, 3)
        and output.shape[3] == source.shape[3]
        and _GROUP <= output.shape[3] <= _LARGEST_CHANNELS
        and window.dilation == (1, 1)
        and window.stride[0] in {1, 2, 3}
        and window.stride[1] in _BLOCK
        and min(paddings) >= 0
        and max(paddings) <= 1
    )


def _row_defines(
    row: _Row, channels: int, scaling: FloorScaling | None, unrolled: bool
) -> dict[str, int]:
    whole = row.outputs % row.block == 0
    return {
        "TD_BLOCK": row.block,
        "TD_STRIDE": row.stride,
        "TD_CHANNELS": channels if unrolled and whole else 0,
        "TD_SHIFT": scaling.shift if scaling else 0,
    }


def _groups(sums: Sums, scaling: FloorScaling | None, shifts: Array | None) -> Array:
    """The words of each four channels: see td_depthwise_conv_2d_3x3_s8_dsp.c."""
    channels = sums.weights.shape[0]
    bits = _FLOOR_BITS if scaling else _EXACT_BITS
    multipliers = scaling.multipliers if scaling else sums.numbers.multipliers
    biases = sums.numbers.bias.astype(np.int64) << bits
    if scaling is None and shifts is not None:
        biases = (biases & _BIAS_MASK) | (shifts.astype(np.int64) << _BIAS_BITS)
    words = []
    for start in range(0, channels, _GROUP):
        first = min(start, channels - _GROUP)
        four = slice(first, first + _GROUP)
        words += [(biases[four] & 0xFFFFFFFF).astype(np.uint32).view(np.int32), multipliers[four]]
        words.append(_bytes_as_words(sums.weights[four].T))
        if scaling:
            words.append(scaling.constants[four])
    return np.concatenate(words).astype(np.int32)


def _bytes_as_words(values: Array) -> Array:
    return np.frombuffer(np.ascontiguousarray(values.astype(np.int8)).tobytes(), np.dtype("<i4"))


def _four_bytes(value: int) -> int:
    return int(_bytes_as_words(np.full(_GROUP, value))[0])


def _lower_unrolled(op: DepthwiseConv2D, io: NodeIO) -> tuple[Call, ...] | None:
    return _lower(op, io, unrolled=True)


def _lower_shared(op: DepthwiseConv2D, io: NodeIO) -> tuple[Call, ...] | None:
    return _lower(op, io, unrolled=False)


KERNELS = (
    Kernel("depthwise_conv_2d_3x3_unrolled_dsp", Isa.DSP, _lower_unrolled),
    Kernel("depthwise_conv_2d_3x3_dsp", Isa.DSP, _lower_shared),
)
