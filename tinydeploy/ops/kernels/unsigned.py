"""What the fast portable kernels share: weights and sums of unsigned bytes, tables a channel.

Every core loads an unsigned byte with an immediate offset; Armv6-M has no such load for signed
ones. So values and weights are stored plus 128, and
Σ x·w = Σ (x+128)·(w+128) - 128·Σ (x+128) - 128·Σ w:
the first correction is one subtraction an output, the second is part of the bias.
"""

from __future__ import annotations

import numpy as np

from tinydeploy.ir.graph import Array
from tinydeploy.ir.op import Routine
from tinydeploy.ops.kernels.requantization import Requantization

OFFSET = 128
GROUP = 4
"""Output channels that are computed together, and values that are unrolled."""
LARGEST_DEPTH = 2**15
"""So many products of two bytes fit 32 bits, signed."""
_LARGEST_SUM = 2**29
_LARGEST_SHIFT = 29
"""A larger right shift makes any such sum 0."""


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


def channel_table(numbers: Requantization, weights: Array, first_shift: int) -> Array | None:
    """The td_channel of each row of `weights` [channels, …], whose values come plus 128.

    `first_shift` is the stored shift where the right shift is 0. None where a sum or a shift is
    outside of what td_requantize.h rounds exactly.
    """
    wide = weights.reshape(weights.shape[0], -1).astype(np.int64)
    bias = numbers.bias.astype(np.int64)
    if (np.abs(bias) + OFFSET * np.abs(wide).sum(axis=1)).max(initial=0) >= _LARGEST_SUM:
        return None
    multipliers = np.where(numbers.right_shifts > _LARGEST_SHIFT, 0, numbers.multipliers)
    shifts = np.where(multipliers == 0, 1, numbers.right_shifts + first_shift)
    if shifts.min(initial=1) < 1:
        return None
    table = np.stack([bias - OFFSET * wide.sum(axis=1), multipliers, shifts], axis=1)
    return table.astype(np.int32).reshape(-1)


def dot_routine(
    numbers: Requantization, largest_pixels: int, *, round_once: bool = False
) -> Routine:
    """The product of a matrix with one pixel or two, compiled for the output's limits."""
    return Routine(
        "td_dot_u8",
        {
            "LARGEST_PIXELS": largest_pixels,
            "ROUND_ONCE": int(round_once),
            "ZERO_POINT": numbers.zero_point,
            "MINIMUM": numbers.minimum,
            "MAXIMUM": numbers.maximum,
        },
    )
