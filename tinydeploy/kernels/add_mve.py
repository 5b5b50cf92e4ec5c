"""ADD and SUB of equal shapes for Arm MVE: as one affine function, else step by step."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Output
from tinydeploy.ops.activation import Activation, activation_range

_EXTRA_BITS = 20
_LAST_SHIFT = 16
_LARGEST_SHIFT = 30
_MOST_STEPS = 60
_FIRST_STEP = 2048
"""Of the search, as a fraction of an output step."""
_MAX = 2**31 - 1
_NAMES = ("first", "second", "output")
_OPERANDS = (Input(0), Input(1), Output())


@dataclass(frozen=True, slots=True)
class _Sum:
    """Everything on which the output depends, but for the operands."""

    zero_points: tuple[int, int, int]
    factors: tuple[tuple[int, int], ...]
    """Multiplier and shift (0 or below) of each operand and of the output."""
    minimum: int
    maximum: int

    def table(self) -> Array:
        """The reference's output for all operands, [first + 128, second + 128]."""
        values = np.arange(-128, 128, dtype=np.int64)
        first, second = (
            _scale((values - self.zero_points[i]) << _EXTRA_BITS, *self.factors[i]) for i in (0, 1)
        )
        total = _scale(first[:, None] + second[None, :], *self.factors[2]) + self.zero_points[2]
        clamped: Array = np.clip(total, self.minimum, self.maximum)
        return clamped

    def slopes(self) -> tuple[float, float]:
        """By how much the output grows with each operand."""
        first, second, output = (math.ldexp(m, s - 31) for m, s in self.factors)
        unit = math.ldexp(output, _EXTRA_BITS)
        return first * unit, second * unit


def _scale(values: Array, multiplier: int, shift: int) -> Array:
    """Multiplied and shifted right, rounded twice; the second time ties away from zero."""
    high = (values * multiplier + (1 << 30)) >> 31
    if shift == 0:
        return high
    half = 1 << (-shift - 1)
    rounded: Array = np.where(high < 0, -((half - high) >> -shift), (high + half) >> -shift)
    return rounded


def lower_affine(
    io: NodeIO, activation: Activation, scaling: Mapping[str, int]
) -> tuple[Call, ...] | None:
    """One call where a single affine function gives the reference's output for every input.

    Exact: proven for all 65,536 pairs of operands.
    """
    numbers = _sum(io, activation, scaling)
    found = None if numbers is None else _affine(numbers)
    if numbers is None or found is None:
        return None
    first, second, offset, shift = found
    params = {
        "first": first,
        "second": second,
        "offset": offset - (1 << (shift - 1)),
        "shift_left": _LAST_SHIFT - shift,
        "minimum": numbers.minimum,
        "maximum": numbers.maximum,
        "count": io.output.size,
    }
    return (Call("td_add_affine_s8_mve", params, _OPERANDS, code_bytes=300),)


def lower_general(
    io: NodeIO, activation: Activation, scaling: Mapping[str, int]
) -> tuple[Call, ...] | None:
    """One call, where no operand is broadcast. Exact: the reference's own steps."""
    numbers = _sum(io, activation, scaling)
    if numbers is None:
        return None
    params = {
        "first_offset": -numbers.zero_points[0] << _EXTRA_BITS,
        "second_offset": -numbers.zero_points[1] << _EXTRA_BITS,
        "output_zero_point": numbers.zero_points[2],
        **{f"{name}_tie": int(scaling[f"{name}_shift"] < 0) for name in _NAMES},
        **scaling,
        "minimum": numbers.minimum,
        "maximum": numbers.maximum,
        "count": io.output.size,
    }
    return (Call("td_add_s8_mve", params, _OPERANDS, code_bytes=150),)


def _sum(io: NodeIO, activation: Activation, scaling: Mapping[str, int]) -> _Sum | None:
    if not io.input(0).size == io.input(1).size == io.output.size:
        return None
    return _Sum(
        (io.input(0).zero_point, io.input(1).zero_point, io.output.zero_point),
        tuple((scaling[f"{name}_multiplier"], scaling[f"{name}_shift"]) for name in _NAMES),
        *activation_range(activation, io.output),
    )


@lru_cache(maxsize=256)
def _affine(numbers: _Sum) -> tuple[int, int, int, int] | None:
    """(first, second, offset, shift) with output = clamp((a·first + b·second + offset) >> shift).

    For given slopes, each pair of operands bounds the offset from below and from above. By how
    much the bounds contradict each other is a convex function of the slopes: a pattern search
    finds its minimum, or slopes for which there is no contradiction.
    """
    first, second = numbers.slopes()
    zeros = numbers.zero_points
    offset = zeros[2] - first * zeros[0] - second * zeros[1]
    largest = 128 * (abs(first) + abs(second)) + abs(offset) + 2
    shift = min(_LARGEST_SHIFT, math.floor(math.log2(2**31 / largest)))
    if shift <= _LAST_SHIFT:
        return None
    found = _without_contradiction(numbers, shift)
    if found is None or 128 * (abs(found[0]) + abs(found[1])) + abs(found[2]) + (1 << shift) > _MAX:
        return None
    return (*found, shift)


def _without_contradiction(numbers: _Sum, shift: int) -> tuple[int, int, int] | None:
    unit = 1 << shift
    table = numbers.table()
    first, second = (round(slope * unit) for slope in numbers.slopes())
    gap, offset = _contradiction(table, numbers, first, second, unit)
    step = max(1, unit // _FIRST_STEP)
    for _ in range(_MOST_STEPS):
        if gap <= 0 or step == 0:
            break
        best = min(
            (*_contradiction(table, numbers, first + x, second + y, unit), first + x, second + y)
            for x in (-step, 0, step)
            for y in (-step, 0, step)
        )
        if best[0] < gap:
            gap, offset, first, second = best
        else:
            step //= 2
    return (first, second, offset) if gap <= 0 else None


def _contradiction(
    table: Array, numbers: _Sum, first: int, second: int, unit: int
) -> tuple[int, int]:
    """(lower bound - upper bound of the offset, an offset between them if that is 0 or less)."""
    values = np.arange(-128, 128, dtype=np.int64)
    linear = values[:, None] * first + values[None, :] * second
    low = np.where(table > numbers.minimum, table * unit - linear, -(2**40))
    high = np.where(table < numbers.maximum, (table + 1) * unit - 1 - linear, 2**40)
    lowest, highest = int(low.max()), int(high.min())
    middle = (max(lowest, -(2**30)) + min(highest, 2**30)) // 2
    return lowest - highest, min(max(middle, lowest), highest)
