"""Requantization in two instructions, proven equal to the reference for every reachable sum.

The reference rounds a scaled sum twice (convolutions) or once (fully connected). Multiplying and
rounding are monotone, so two ways of computing an output agree everywhere on an interval of sums
if they agree at its ends and at every sum where the reference takes its next value. The host
looks for constants of the short way that agree at all these sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from tinydeploy.ir.graph import Array
from tinydeploy.kernels.requantization import Requantization

_NUDGES = tuple(sorted(range(-30, 31), key=abs))
"""Changes of a multiplier's last bits that are tried where a channel's shift is not its own."""
_SCALE_BITS = 8
_LARGEST_SHIFT = 16
_INT32_MAX = 2**31 - 1
_BRACKET = 4
_INT8 = (-128, 127)


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """A layer's sums before requantization: reachable range, and what the reference makes of them.

    Arrays hold one int64 value an output channel; `weights` are [channels, products].
    """

    weights: Array
    lowest: Array
    highest: Array
    numbers: Requantization
    rounds_once: bool = False

    def reference(self, sums: Array) -> Array:
        """The output for `sums`, [channels, any]."""
        numbers = self.numbers
        amplified = sums << np.maximum(-numbers.right_shifts, 0).astype(np.int64)[:, None]
        product = amplified * numbers.multipliers.astype(np.int64)[:, None]
        shift = np.maximum(numbers.right_shifts, 0).astype(np.int64)[:, None]
        if self.rounds_once:
            scaled = (product + (np.int64(1) << (30 + shift))) >> (31 + shift)
        else:
            high = (product + (1 << 30)) >> 31
            remainder = high & ((np.int64(1) << shift) - 1)
            threshold = (((np.int64(1) << shift) - 1) >> 1) + (high < 0)
            scaled = (high >> shift) + (remainder > threshold)
        output: Array = np.clip(scaled + numbers.zero_point, numbers.minimum, numbers.maximum)
        return output


@dataclass(frozen=True, slots=True, eq=False)
class FloorScaling:
    """output = saturate8((sum · 2^8 · multiplier + constant · 2^32) >> 32 >> shift).

    Two instructions, SMMLA and SSAT. One shift serves all channels of a layer: the difference is
    in the multipliers, both roundings and the zero point are in the constants.
    """

    multipliers: Array
    constants: Array
    shift: int


def unsettled_sums(numbers: Requantization, weights: Array) -> Sums:
    """The sums of a layer that rounds once, as the model has it."""
    return _ranged(numbers, weights, rounds_once=True)


def sums_of(numbers: Requantization, weights: Array) -> Sums:
    """The sums of weights [channels, products] times any int8 input.

    Channels that only ever give one output get weights 0, and a bias and a multiplier that lead
    to it: the model's own may be beyond what the kernels compute with.
    """
    sums = _ranged(numbers, weights, rounds_once=False)
    constant = _outputs(sums, sums.lowest) == _outputs(sums, sums.highest)
    if not constant.any():
        return sums
    scaled = _outputs(sums, sums.lowest) - numbers.zero_point
    settled = replace(
        numbers,
        bias=np.where(constant, 4 * scaled, numbers.bias),
        multipliers=np.where(constant, 1 << 30, numbers.multipliers),
        right_shifts=np.where(constant, 1, numbers.right_shifts),
    )
    return _ranged(settled, np.where(constant[:, None], 0, weights), rounds_once=False)


def _ranged(numbers: Requantization, weights: Array, rounds_once: bool) -> Sums:
    wide = weights.astype(np.int64)
    bias = numbers.bias.astype(np.int64)
    return Sums(
        weights=weights,
        lowest=bias + np.minimum(wide * -128, wide * 127).sum(axis=1),
        highest=bias + np.maximum(wide * -128, wide * 127).sum(axis=1),
        numbers=numbers,
        rounds_once=rounds_once,
    )


def shifts_at_run_time(sums: Sums, largest: int = _LARGEST_SHIFT) -> Array | None:
    """Right shifts, one a channel, for kernels that round twice as the reference does.

    r = (sum · 2 · multiplier + 2^31) >> 32 is the reference's first rounding (SMMLAR), for any
    |sum| < 2^30; (r - (1 where sum < 0) + 2^(shift - 1) + zero point · 2^shift) >> shift is its
    second: ties go away from zero. None where a shift is outside 1 to `largest`, a sum outside
    24 bits, or the clamp is not int8's.
    """
    numbers = sums.numbers
    if sums.rounds_once or (numbers.minimum, numbers.maximum) != _INT8 or not _fits_24_bits(sums):
        return None
    shifts = numbers.right_shifts
    return shifts if shifts.min() >= 1 and shifts.max() <= largest else None


def floor_scaling(sums: Sums) -> FloorScaling | None:
    """Constants of the floor form that agree with the reference on every reachable sum."""
    numbers, varies = sums.numbers, _varies(sums)
    if not _fits_24_bits(sums):
        return None
    shift = int(numbers.right_shifts[varies].min(initial=_LARGEST_SHIFT))
    final = shift + _SCALE_BITS - 1
    if final < 1:
        return None
    distance = np.clip(numbers.right_shifts.astype(np.int64) - shift, 0, 31)
    rounded = (numbers.multipliers.astype(np.int64) + ((1 << distance) >> 1)) >> distance
    multipliers = np.zeros(varies.size, np.int64)
    constants = _outputs(sums, sums.lowest) << final
    pending = np.flatnonzero(varies)
    steps = _steps(sums)
    for nudge in _NUDGES:
        tried = np.clip(rounded + nudge, 0, _INT32_MAX)
        low, high = _constant_range(sums, steps, tried, final)
        found = pending[(low <= high)[pending]]
        multipliers[found], constants[found] = tried[found], (low + high)[found] >> 1
        pending = pending[(low > high)[pending]]
        if not pending.size:
            return FloorScaling(multipliers.astype(np.int32), constants.astype(np.int32), final)
    return None


def once_scaling(sums: Sums) -> FloorScaling | None:
    """The floor form for a layer that rounds once: one constant for all channels.

    It is the same formula where a channel's shift is the layer's; elsewhere the multiplier loses
    bits, and is proven.
    """
    numbers = sums.numbers
    if not _fits_24_bits(sums):
        return None
    shift = int(numbers.right_shifts[numbers.multipliers > 0].min(initial=_LARGEST_SHIFT))
    final = shift + _SCALE_BITS - 1
    if final < 1:
        return None
    distance = np.clip(numbers.right_shifts.astype(np.int64) - shift, 0, 31)
    rounded = (numbers.multipliers.astype(np.int64) + ((1 << distance) >> 1)) >> distance
    constant = (1 << (final - 1)) + (numbers.zero_point << final)
    multipliers, pending = rounded.copy(), np.ones(rounded.size, np.bool_)
    steps = _steps(sums)
    for nudge in _NUDGES:
        tried = np.clip(rounded + nudge, 0, _INT32_MAX)
        low, high = _constant_range(sums, steps, tried, final)
        found = pending & (low <= constant) & (constant <= high)
        multipliers[found] = tried[found]
        pending &= ~found
        if not pending.any():
            constants = np.full(rounded.size, constant, np.int32)
            return FloorScaling(multipliers.astype(np.int32), constants, final)
    return None


def _varies(sums: Sums) -> Array:
    """Which channels give more than one output."""
    varies: Array = _outputs(sums, sums.lowest) != _outputs(sums, sums.highest)
    return varies


def _outputs(sums: Sums, values: Array) -> Array:
    return sums.reference(values[:, None])[:, 0]


def _fits_24_bits(sums: Sums) -> bool:
    largest = np.maximum(-sums.lowest, sums.highest)
    return bool(largest.max(initial=0) < 1 << (31 - _SCALE_BITS))


def _constant_range(
    sums: Sums, steps: _Steps, multipliers: Array, final: int
) -> tuple[Array, Array]:
    """The constants of the floor form that are right for each channel: lowest and highest.

    At a step to output t, product + constant is at least t · 2^final; one sum below, it is less.
    """

    def product(values: Array) -> Array:
        return ((values << _SCALE_BITS) * multipliers[:, None]) >> 32

    first, last = (_outputs(sums, v)[:, None] for v in (sums.lowest, sums.highest))
    at_low, at_high = product(sums.lowest[:, None]), product(sums.highest[:, None])
    lows = np.where(steps.reached, (steps.values << final) - product(steps.at), -_INT32_MAX)
    highs = np.where(steps.reached, (steps.values << final) - product(steps.before) - 1, _INT32_MAX)
    low = np.maximum(lows.max(axis=1, initial=-_INT32_MAX), -_INT32_MAX - at_low.min(axis=1))
    high = np.minimum(highs.min(axis=1, initial=_INT32_MAX), _INT32_MAX - at_high.max(axis=1))
    # Beyond the outermost steps the output must stay, unless int8 ends there.
    ends_low = np.where(first > _INT8[0], (first << final) - at_low, -_INT32_MAX)[:, 0]
    ends_high = np.where(last < _INT8[1], ((last + 1) << final) - at_high - 1, _INT32_MAX)[:, 0]
    return np.maximum(low, ends_low), np.minimum(high, ends_high)


@dataclass(frozen=True, slots=True, eq=False)
class _Steps:
    """[channels, values]: the first sum `at` which the output is at least `values`, if reached."""

    values: Array
    reached: Array
    at: Array
    before: Array


def _steps(sums: Sums) -> _Steps:
    numbers = sums.numbers
    values = np.arange(numbers.minimum + 1, numbers.maximum + 1, dtype=np.int64)[None, :]
    first, last = (_outputs(sums, v)[:, None] for v in (sums.lowest, sums.highest))
    reached = (values > first) & (values <= last)
    low = np.broadcast_to(sums.lowest[:, None], reached.shape)
    high = np.broadcast_to(sums.highest[:, None], reached.shape)
    factor = np.maximum(numbers.multipliers, 1) * 2.0 ** -(31.0 + numbers.right_shifts)
    estimate = np.clip((values - numbers.zero_point - 0.5) / factor[:, None], low, high)
    before = np.maximum(estimate.astype(np.int64) - _BRACKET, low)
    at = np.minimum(estimate.astype(np.int64) + _BRACKET, high)
    brackets = (sums.reference(before) < values) & (sums.reference(at) >= values)
    before, at = np.where(brackets, before, low), np.where(brackets, at, high)
    while (at - before)[reached].max(initial=0) > 1:
        middle = (before + at) >> 1
        is_above = sums.reference(middle) >= values
        at, before = np.where(is_above, middle, at), np.where(is_above, before, middle)
    return _Steps(values, reached, at, before)
