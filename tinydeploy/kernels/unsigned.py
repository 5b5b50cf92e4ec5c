"""What the fast portable kernels share: weights and sums of unsigned bytes, tables a channel.

Every core loads an unsigned byte with an immediate offset; Armv6-M has no such load for signed
ones. So values and weights are stored plus 128, and
Σ x·w = Σ (x+128)·(w+128) - 128·Σ (x+128) - 128·Σ w:
the first correction is one subtraction an output, the second is part of the bias.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier
from tinydeploy.ir.graph import Array
from tinydeploy.ir.op import Routine
from tinydeploy.kernels.requantization import Requantization

OFFSET = 128
GROUP = 4
"""Output channels that are computed together, and values that are unrolled."""
LARGEST_DEPTH = 2**15
"""So many products of two bytes fit 32 bits, signed."""
_LARGEST_SUM = 2**29
_LARGEST_SHIFT = 29
"""A larger right shift makes any such sum 0."""
_HALF = 2**30
"""The multiplier 1/2."""


class Rounding(Enum):
    """How a product is rounded; the value is the stored shift less the right shift."""

    TWICE = 1
    ONCE = -1


def padded_depth(depth: int) -> int:
    """Values of one window as they are stored: a multiple of what is unrolled."""
    return -(-depth // GROUP) * GROUP


def pack_weights(weights: Array) -> Array:
    """[channels, depth] int8 to uint8: four channels side by side, then the rest one by one."""
    channels, depth = weights.shape
    length = padded_depth(depth)
    stored = np.zeros((channels, length), np.uint8)
    stored[:, :depth] = (weights.astype(np.int16) + OFFSET).astype(np.uint8)
    whole = channels // GROUP * GROUP
    groups = stored[:whole].reshape(whole // GROUP, GROUP, length).transpose(0, 2, 1)
    return np.concatenate([groups.reshape(-1), stored[whole:].reshape(-1)])


def channel_rows(
    numbers: Requantization, weights: Array, rounding: Rounding
) -> tuple[Array, Array] | None:
    """Weights [channels, depth], and the td_channel of each one, for values plus 128.

    A shift below 1 asks for a left shift of the sum by 1 - shift, see `amplifies`. None where
    td_requantize.h would not round exactly. A channel whose sums are too large for it is fine if
    its output is the same for all sums (some models switch channels off by a huge bias): it then
    gets weights of 0 and a bias that makes this output.
    """
    wide = weights.astype(np.int64)
    bias, right = numbers.bias.astype(np.int64), numbers.right_shifts.astype(np.int64)
    reach = OFFSET * np.abs(wide).sum(axis=1)
    multipliers = np.where(right > _LARGEST_SHIFT, 0, numbers.multipliers)
    left = np.clip(1 - rounding.value - right, 0, _LARGEST_SHIFT)
    for channel in np.flatnonzero((np.abs(bias) + reach) << left >= _LARGEST_SUM):
        constant = _constant(numbers, int(channel), int(reach[channel]), rounding)
        if constant is None:
            return None
        wide[channel] = 0
        multipliers[channel], right[channel] = _HALF, 1 - rounding.value
        bias[channel] = constant << (1 + int(right[channel]))
    shifts = np.where(multipliers == 0, 1, right + rounding.value)
    table = np.stack([bias - OFFSET * wide.sum(axis=1), multipliers, shifts], axis=1)
    return wide.astype(np.int8), table.astype(np.int32).reshape(-1)


def amplifies(table: Array) -> int:
    """1 where a channel of `channel_rows`' table shifts its sums left, else 0."""
    return int(table.reshape(-1, 3)[:, 2].min(initial=1) < 1)


def _constant(numbers: Requantization, channel: int, reach: int, rounding: Rounding) -> int | None:
    """The channel's output less the zero point, if no sum up to `reach` from the bias changes it.

    Outputs rise with sums, so it is enough to look at the ends.
    """
    bias, shift = int(numbers.bias[channel]), -int(numbers.right_shifts[channel])
    multiplier = int(numbers.multipliers[channel])
    scale = (
        multiply_by_quantized_multiplier if rounding is Rounding.TWICE else _multiply_rounding_once
    )
    totals = (bias - reach, bias + reach)
    outputs = [scale(total, multiplier, shift) + numbers.zero_point for total in totals]
    low, high = (min(max(output, numbers.minimum), numbers.maximum) for output in outputs)
    return low - numbers.zero_point if low == high else None


def _multiply_rounding_once(value: int, multiplier: int, shift: int) -> int:
    return (value * multiplier + (1 << (30 - shift))) >> (31 - shift)


def dot_routine(
    numbers: Requantization, table: Array, depth: int, largest_pixels: int, rounding: Rounding
) -> Routine:
    """The product of a matrix with one pixel or two, compiled for the output's limits.

    `depth` is the padded one.
    """
    return Routine(
        "td_dot_u8",
        {
            "TD_DOT_STEPS": 2 * GROUP if depth % (2 * GROUP) == 0 else GROUP,
            "LARGEST_PIXELS": largest_pixels,
            "ROUND_ONCE": int(rounding is Rounding.ONCE),
            "AMPLIFIES": amplifies(table),
            "ZERO_POINT": numbers.zero_point,
            "MINIMUM": numbers.minimum,
            "MAXIMUM": numbers.maximum,
        },
    )
