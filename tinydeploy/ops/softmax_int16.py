"""SOFTMAX of int16: exp and the reciprocal of the sum from tables, between whose entries lines run.

Source: found by comparing with the reference kernels; the tables equal theirs, entry by entry.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

import numpy as np

from tinydeploy.ir.fixed_point import quantize_multiplier
from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, require
from tinydeploy.ops.requantize import require_int16

_INTERVALS = 512
_LARGEST_EXPONENT = 10.0
"""exp of a difference below minus this counts as the exp of this."""
_DIFFERENCE_SCALE = _LARGEST_EXPONENT / 65_535
_LARGEST_FACTOR = 2.0**15
"""A difference of two int16 values, shifted left by as much, still fits an int32."""
_MAX_DEPTH = 65_535


def check_int16(io: NodeIO, beta: float) -> None:
    """Raise OpError unless types and scales are those of an int16 softmax."""
    source, output = io.input(0), io.output
    require_int16(source, "input")
    require_int16(output, "output")
    require(output.scale == 1 / 32_768, "the output's scale must be 1/32768")
    require(
        source.shape[-1] <= _MAX_DEPTH,
        f"{source.shape[-1]} classes: the sum holds at most {_MAX_DEPTH}",
    )
    factor = _factor(io, beta)
    require(
        math.isfinite(factor) and 0 <= factor < _LARGEST_FACTOR,
        f"beta {beta:g} times the input's scale {source.scale:.3g} is out of range",
    )


def lower_int16(io: NodeIO, beta: float) -> tuple[Call, ...]:
    """The call of td_softmax_s16."""
    shape = io.input(0).shape
    multiplier, shift = quantize_multiplier(_factor(io, beta))
    params = {
        "rows": io.input(0).size // shape[-1],
        "depth": shape[-1],
        "multiplier": multiplier,
        "shift": shift,
        "exponentials": interpolation_table(math.exp, -_LARGEST_EXPONENT, 0.0),
        "reciprocals": interpolation_table(_reciprocal_of_one_plus, 0.0, 1.0),
    }
    return (Call("td_softmax_s16", params),)


def _factor(io: NodeIO, beta: float) -> float:
    return io.input(0).scale * beta / _DIFFERENCE_SCALE


def _reciprocal_of_one_plus(x: float) -> float:
    return 1 / (1 + x)


@cache
def interpolation_table(function: Callable[[float], float], low: float, high: float) -> Array:
    """`function` in Q0.15 (int16) at the 513 ends of 512 equal intervals of [low, high].

    Each value but the last is moved by half of what a line through the middle of its interval is
    off, so that the error is spread over the interval.
    """
    step = (high - low) / _INTERVALS
    starts = [low + i * step for i in range(_INTERVALS + 1)]
    table = [_entry(function, start, end, step) for start, end in pairwise(starts)]
    table.append(_round(function(high) * 2**15))
    return np.clip(table, -(2**15), 2**15 - 1).astype(np.int16)


def _entry(function: Callable[[float], float], start: float, end: float, step: float) -> int:
    value = _round(function(start) * 2**15)
    middle_of_line = _round((function(end) * 2**15 + value) / 2)
    middle = _round(function(start + step / 2) * 2**15)
    return value - _round((middle_of_line - middle) / 2)


def _round(value: float) -> int:
    """To the nearest integer, ties away from zero."""
    return math.floor(abs(value) + 0.5) * (1 if value >= 0 else -1)
