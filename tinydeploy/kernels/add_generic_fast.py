"""ADD and SUB of equal shapes for any core: in one step where that is exact, else in three."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier
from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Output
from tinydeploy.ops.activation import Activation, activation_range

_EXTRA_BITS = 20
_LARGEST_SHIFT = 24
_INT32_MAX = 2**31 - 1
_NUDGES = (0, 1, -1, 2, -2, 4, -4, 8, -8)
_VALUES = np.arange(-128, 128, dtype=np.int64)
_NAMES = ("first", "second", "output")
_CODE_BYTES = 80
_FLAT_CODE_BYTES = 180
_LARGEST_STEP_SHIFT = 30

_Scale = tuple[int, int]
"""Multiplier and shift."""


def lower(
    io: NodeIO, activation: Activation, scaling: Mapping[str, int]
) -> tuple[Call, ...] | None:
    """One call, or None where shapes differ or no constants suit every pair of operands.

    The reference rounds three times. The host computes what it makes of all 65,536 pairs, and
    takes constants only if the short form makes the same of each.
    """
    tensors = (io.input(0), io.input(1), io.output)
    if len({tensor.size for tensor in tensors}) > 1:
        return None
    first, second, output = (
        (scaling[f"{name}_multiplier"], scaling[f"{name}_shift"]) for name in _NAMES
    )
    minimum, maximum = activation_range(activation, io.output)
    zero_points = (tensors[0].zero_point, tensors[1].zero_point, tensors[2].zero_point)
    fit = _fit((first, second, output), zero_points, minimum, maximum)
    if fit is None:
        return None
    params = {
        "count": io.output.size,
        **dict(zip(("constant", "first", "second", "shift"), fit, strict=True)),
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    operands = (Input(0), Input(1), Output())
    return (Call("td_add_s8_fast", params, operands, code_bytes=_CODE_BYTES),)


def lower_flat(
    io: NodeIO, activation: Activation, scaling: Mapping[str, int]
) -> tuple[Call, ...] | None:
    """One call that takes the reference's own steps, or None where shapes differ.

    td_requantize.h rounds them exactly: operands are below 2^8 · 2^20, their sum below 2^29. A
    difference's multiplier is negative; the operand is negated instead, the product is the same.
    """
    first, second, output = io.input(0), io.input(1), io.output
    if not first.size == second.size == output.size:
        return None
    sign = -1 if scaling["second_multiplier"] < 0 else 1
    minimum, maximum = activation_range(activation, output)
    unit = 1 << _EXTRA_BITS
    steps = {
        name: (bias, abs(scaling[f"{name}_multiplier"]), 1 - scaling[f"{name}_shift"])
        for name, bias in zip(
            _NAMES, (-first.zero_point * unit, -sign * second.zero_point * unit, 0), strict=True
        )
    }
    if any(not 1 <= shift <= _LARGEST_STEP_SHIFT for _, _, shift in steps.values()):
        return None
    params = {
        "count": output.size,
        "first_factor": unit,
        "second_factor": sign * unit,
        **steps,
        "output_zero_point": output.zero_point,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    operands = (Input(0), Input(1), Output())
    return (Call("td_add_s8_flat", params, operands, code_bytes=_FLAT_CODE_BYTES),)


@lru_cache(maxsize=64)
def _fit(
    scales: tuple[_Scale, _Scale, _Scale],
    zero_points: tuple[int, int, int],
    minimum: int,
    maximum: int,
) -> tuple[int, int, int, int] | None:
    """(constant, first, second, shift) that are right for every pair of operands, if found."""
    expected = _reference(scales, zero_points, minimum, maximum)
    factors = [math.ldexp(multiplier, shift - 31) for multiplier, shift in scales]
    ratios = [math.ldexp(factor * factors[2], _EXTRA_BITS) for factor in factors[:2]]
    # In output steps: what the sum can be at most. It has to fit 32 bits.
    largest = 2 * _VALUES.size + _VALUES.size * sum(map(abs, ratios))
    shift = min(_LARGEST_SHIFT, 30 - math.ceil(math.log2(largest)))
    if shift < 1:
        return None
    first, second = (round(math.ldexp(ratio, shift)) for ratio in ratios)
    for one, other in itertools.product(_NUDGES, repeat=2):
        multipliers = (first + one, second + other)
        constant = _constant(multipliers, shift, expected, (minimum, maximum))
        if constant is not None:
            return constant, *multipliers, shift
    return None


def _reference(
    scales: tuple[_Scale, _Scale, _Scale],
    zero_points: tuple[int, int, int],
    minimum: int,
    maximum: int,
) -> Array:
    """The reference's output for each pair of operands, [first + 128, second + 128]."""
    first, second = (
        [
            multiply_by_quantized_multiplier((value - zero_points[i]) << _EXTRA_BITS, *scales[i])
            for value in range(-128, 128)
        ]
        for i in (0, 1)
    )
    totals = [
        multiply_by_quantized_multiplier(a + b, *scales[2]) + zero_points[2]
        for a in first
        for b in second
    ]
    return np.clip(np.array(totals, np.int64), minimum, maximum).reshape(256, 256)


def _constant(
    multipliers: tuple[int, int], shift: int, expected: Array, limits: tuple[int, int]
) -> int | None:
    """A constant that is right for all pairs: outputs at a limit bound it on one side only."""
    sums = (_VALUES * multipliers[0])[:, None] + (_VALUES * multipliers[1])[None, :]
    lows = np.where(expected > limits[0], (expected << shift) - sums, -_INT32_MAX)
    highs = np.where(expected < limits[1], ((expected + 1) << shift) - 1 - sums, _INT32_MAX)
    low, high = int(lows.max()), int(highs.min())
    constant = (low + high) >> 1
    fits = abs(constant) + int(np.abs(sums).max()) <= _INT32_MAX
    return constant if low <= high and fits else None
