"""The matrix kernel for the Arm DSP extension: its stream of weights, and what it accepts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Routine
from tinydeploy.kernels.requantization import requantization
from tinydeploy.kernels.rounding_dsp import (
    Sums,
    floor_scaling,
    shifts_at_run_time,
    sums_of,
)
from tinydeploy.ops.activation import Activation

PIXELS = 3
COLUMN_BYTES = 2 * 2 * PIXELS
"""Of a pair of inputs, widened, for each pixel of a tile."""
_BLOCK_PAIRS = 8
_STRAIGHT_PAIRS = 32
_UNROLLED_PAIRS = 24
_SHARED_CODE_BYTES = 200
"""A layer's share: the code is larger, but all layers that are not unrolled use the same."""
_LARGEST_OUTPUTS = 2047
"""The third pixel's output is reached with an immediate offset."""
_LARGEST_COLUMNS = 65_535

Pair = tuple[int | None, int | None]
"""Which inputs share a word of the columns; None: what is there counts as 0."""


@dataclass(frozen=True, slots=True, eq=False)
class MatrixKernel:
    """A matrix kernel for one layer: fields of td_matrix_dsp_layer, and what it needs."""

    fields: dict[str, Any]
    pairs: int
    code_bytes: int

    @property
    def columns_bytes(self) -> int:
        """Of scratch, for the widened inputs of three pixels."""
        return self.pairs * COLUMN_BYTES


def segment_pairs(length: int) -> list[Pair]:
    """The pairs that td_widen_s8_dsp makes of a segment of `length` inputs (4 at least)."""
    pairs: list[Pair] = []
    for start in range(0, length - length % 4, 4):
        pairs += [(start, start + 2), (start + 1, start + 3)]
    rest, last = length % 4, length - 4
    done = length - rest
    if rest == 1:
        pairs.append((None, last + 3))
    elif rest:
        fresh = [i if i >= done else None for i in range(last, length)]
        pairs += [(fresh[0], fresh[2]), (fresh[1], fresh[3])]
    return pairs


def matrix_sums(io: NodeIO, activation: Activation, weights: Array) -> Sums | None:
    """The sums of weights [channels, …], or None where no matrix kernel can compute them.

    None if a channel's constants are beyond requantization, if there is one channel only, or if
    two channels' weights don't fit a 16-bit lane (with weights of -128).
    """
    channels = weights.shape[0]
    numbers = requantization(io, activation, weights.reshape(channels, -1), amplifies=True)
    if numbers is None or not 2 <= channels <= _LARGEST_OUTPUTS:
        return None
    sums = sums_of(numbers, weights.reshape(channels, -1))
    return sums if sums.weights.min() >= -127 else None


def shared_matrix(sums: Sums, segments: Sequence[Pair]) -> MatrixKernel | None:
    """The kernel that all layers share."""
    shifts = shifts_at_run_time(sums)
    if shifts is None:
        return None
    pairs = [*segments, (None, None)][: len(segments) + len(segments) % 2]
    stream = _stream(sums, pairs, _by_pair(sums.numbers.multipliers), shifts)
    channels = sums.weights.shape[0]
    column_bytes = len(pairs) * COLUMN_BYTES
    shape = (
        len(pairs) // _BLOCK_PAIRS * _BLOCK_PAIRS * COLUMN_BYTES,
        column_bytes,
        channels,
        2 * sums.numbers.zero_point + 1,
    )
    fields = _fields(Routine("td_matrix_s8_dsp"), stream, shape, channels)
    return MatrixKernel(fields, len(pairs), code_bytes=_SHARED_CODE_BYTES)


def unrolled_matrix(sums: Sums, pairs: Sequence[Pair]) -> MatrixKernel | None:
    """A kernel with the layer's numbers in its code; layers with the same numbers share it."""
    scaling, shifts = floor_scaling(sums), shifts_at_run_time(sums)
    if len(pairs) * COLUMN_BYTES > _LARGEST_COLUMNS:
        return None
    if scaling is not None:
        last = _by_pair(scaling.multipliers, scaling.constants)
    elif shifts is not None:
        high, low = _pairs_of_channels(shifts.size)
        packed = shifts[high].astype(np.int64) - 1 + (shifts[low].astype(np.int64) - 1 << 8)
        last = [*_by_pair(sums.numbers.multipliers), packed]
    else:
        return None
    stream = _stream(sums, pairs, last)
    channels = sums.weights.shape[0]
    defines = {
        "TD_PAIRS": len(pairs),
        "TD_BLOCK": _STRAIGHT_PAIRS if len(pairs) <= _STRAIGHT_PAIRS else _UNROLLED_PAIRS,
        "TD_OUTPUTS": channels,
        "TD_SHIFT": scaling.shift if scaling else 0,
        "TD_ROUNDING": 0 if scaling else 2 * sums.numbers.zero_point + 1,
    }
    routine = Routine("td_matrix_unrolled_s8_dsp", defines)
    fields = _fields(routine, stream, (0, 0, 0, 0), channels)
    straight = min(len(pairs), 2 * _UNROLLED_PAIRS)
    return MatrixKernel(fields, len(pairs), code_bytes=150 + 34 * straight)


def _fields(
    routine: Routine, stream: Array, shape: tuple[int, ...], channels: int
) -> dict[str, Any]:
    tiles = (channels + 1) // 2
    return {
        "matrix.function": routine,
        "matrix.stream": stream,
        "matrix.words": stream.size,
        "matrix.first_words": stream.size // tiles if channels % 2 else 0,
        "matrix.shape": shape,
    }


def _stream(
    sums: Sums, pairs: Sequence[Pair], last: Sequence[Array], packed_shifts: Array | None = None
) -> Array:
    """For each two channels: biases, a word for each pair of inputs, and a word of each of `last`.

    Words are computed modulo 2^32, as the core does. The low bias has the packed shifts, if any,
    in its top byte; they cancel out where the kernel subtracts the low sum from the joint one. See
    td_dsp.h.
    """
    channels = sums.weights.shape[0]
    high, low = _pairs_of_channels(channels)
    bias = sums.numbers.bias.astype(np.int64)
    low_bias = bias[low]
    if packed_shifts is not None:
        shifts = packed_shifts.astype(np.int64) - 1
        low_bias = low_bias + (shifts[high] << 28) + (shifts[low] << 24)
    wide = np.concatenate([sums.weights.astype(np.int64), np.zeros((channels, 1), np.int64)], 1)
    lanes = 256 * wide[high] + wide[low]
    first, second = (
        lanes[:, [-1 if i is None else i for i in side]] for side in zip(*pairs, strict=True)
    )
    words = (first & 0xFFFF) | (second << 16)
    rows = np.column_stack([256 * bias[high] + low_bias, low_bias, words, *last])
    return (rows & 0xFFFFFFFF).astype(np.uint32).view(np.int32).reshape(-1)


def _by_pair(*values: Array) -> list[Array]:
    """Of each two channels all values of the one, then all of the other."""
    sides = _pairs_of_channels(values[0].size)
    return [one[side].astype(np.int64) for side in sides for one in values]


def _pairs_of_channels(channels: int) -> tuple[Array, Array]:
    """The channels computed together; of an odd number the second is in two pairs."""
    even = np.arange(channels % 2, channels, 2)
    high = np.concatenate([[0], even]) if channels % 2 else even
    return high, high + 1
