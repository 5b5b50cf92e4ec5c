"""ADD and SUB for the Arm DSP extension: two multiplications and a shift an element."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Output
from tinydeploy.ops.activation import Activation, activation_range

_EXTRA_BITS = 20
_LARGEST_SHIFT = 30
_INT32_MAX = 2**31 - 1
_NUDGES = (0, 1, -1, 2, -2, 5, -5, 12, -12, 30, -30)
_VALUES = np.arange(-128, 128, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class _Fit:
    """output = saturate8((constant + first · a / 2^8 + second · b / 2^8) >> shift).

    a and b are the inputs; each quotient is rounded down.
    """

    constant: int
    first: int
    second: int
    shift: int


def lower(
    io: NodeIO, activation: Activation, scaling: Mapping[str, int]
) -> tuple[Call, ...] | None:
    """One call, or None where shapes differ or no constants are right for every pair of inputs.

    The reference rounds three times. The host computes what it makes of all 65,536 pairs, and
    takes constants only if the short form makes the same of each.
    """
    first, second, output = io.input(0), io.input(1), io.output
    if not first.size == second.size == output.size:
        return None
    fit = _fit(io, scaling, _reference(io, activation, scaling))
    if fit is None:
        return None
    params = {
        "fours": output.size // 4,
        "rest": output.size % 4,
        "constant": fit.constant,
        "first": fit.first,
        "second": fit.second,
        "shift": fit.shift,
    }
    operands = (Input(0), Input(1), Output())
    return (Call("td_add_s8_dsp", params, operands, code_bytes=220),)


def _reference(io: NodeIO, activation: Activation, scaling: Mapping[str, int]) -> Array:
    """What the generic kernel gives for each pair of inputs."""
    first, second = (
        _scaled(
            (_VALUES - io.input(index).zero_point) << _EXTRA_BITS,
            scaling[f"{name}_multiplier"],
            scaling[f"{name}_shift"],
        )
        for index, name in enumerate(("first", "second"))
    )
    total = first[:, None] + second[None, :]
    scaled = _scaled(total, scaling["output_multiplier"], scaling["output_shift"])
    minimum, maximum = activation_range(activation, io.output)
    result: Array = np.clip(scaled + io.output.zero_point, minimum, maximum)
    return result


def _scaled(values: Array, multiplier: int, shift: int) -> Array:
    """values · multiplier · 2^(shift − 31) with two roundings, for shifts of 0 or less."""
    high = (values * multiplier + (1 << 30)) >> 31
    mask = (1 << -shift) - 1
    result: Array = (high >> -shift) + ((high & mask) > (mask >> 1) + (high < 0))
    return result


def _fit(io: NodeIO, scaling: Mapping[str, int], expected: Array) -> _Fit | None:
    sign = -1 if scaling["second_multiplier"] < 0 else 1
    ratios = (io.input(0).scale / io.output.scale, sign * io.input(1).scale / io.output.scale)
    # Of an output step: what the sum can be off by, at most, while it fits 32 bits.
    largest = 384 + 256 * sum(abs(ratio) for ratio in ratios)
    shift = min(_LARGEST_SHIFT, int(np.floor(31 - np.log2(largest))))
    shift = min(shift, int(np.floor(31 - 8 - np.log2(2 * max(abs(r) for r in ratios)))))
    if shift < 1:
        return None
    first, second = (round(ratio * 2.0 ** (shift + 8)) for ratio in ratios)
    for one, other in itertools.product(_NUDGES, repeat=2):
        fit = _constant(first + one, second + other, shift, expected)
        if fit is not None:
            return fit
    return None


def _constant(first: int, second: int, shift: int, expected: Array) -> _Fit | None:
    """The fit with these multipliers, if some constant is right for all pairs."""
    sums = ((_VALUES * first) >> 8)[:, None] + ((_VALUES * second) >> 8)[None, :]
    lows = np.where(expected > -128, (expected << shift) - sums, -_INT32_MAX - sums.min())
    highs = np.where(expected < 127, ((expected + 1) << shift) - sums - 1, _INT32_MAX - sums.max())
    low, high = int(lows.max()), int(highs.min())
    constant = (low + high) >> 1
    fits = low <= high and abs(constant) + int(np.abs(sums).max()) <= _INT32_MAX
    return _Fit(constant, first, second, shift) if fits else None
