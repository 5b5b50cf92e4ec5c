"""Real multipliers as integers, the way the reference interpreter does it.

Source: TFLite quantization specification, and gemmlowp's fixed-point arithmetic. All rounding
here is checked against the interpreter's reference kernels by the operator tests.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from tinydeploy.ir.graph import Array

INT32_MIN, INT32_MAX = -(2**31), 2**31 - 1


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Return (multiplier, shift) with real ≈ multiplier · 2^(shift − 31).

    The multiplier is in [2^30, 2^31), or 0 where `real` is 0 or below 2^-32.
    """
    if real == 0.0:
        return 0, 0
    mantissa, exponent = math.frexp(real)
    # round() in the reference is half away from zero; mantissas are positive or sign-symmetric.
    fixed = _round_half_away(mantissa * 2**31)
    if abs(fixed) == 2**31:
        fixed //= 2
        exponent += 1
    if exponent < -31:
        return 0, 0
    if exponent > 30:
        return INT32_MAX, 30
    return fixed, exponent


def quantize_multipliers(reals: Iterable[float]) -> tuple[Array, Array]:
    """`quantize_multiplier` over a sequence: (int32 multipliers, int8 shifts)."""
    pairs = [quantize_multiplier(real) for real in reals]
    return (
        np.array([multiplier for multiplier, _ in pairs], np.int32),
        np.array([shift for _, shift in pairs], np.int8),
    )


def _round_half_away(value: float) -> int:
    return math.floor(value + 0.5) if value >= 0 else -math.floor(-value + 0.5)


def saturating_rounding_doubling_high_mul(a: int, b: int) -> int:
    """(a · b · 2) >> 32, rounded to nearest, for int32 operands."""
    if a == b == INT32_MIN:
        return INT32_MAX
    product = a * b
    nudge = (1 << 30) if product >= 0 else 1 - (1 << 30)
    return _divide_toward_zero(product + nudge, 1 << 31)


def rounding_divide_by_pot(value: int, exponent: int) -> int:
    """value / 2^exponent, rounded to nearest, ties away from zero."""
    mask = (1 << exponent) - 1
    remainder = value & mask
    threshold = (mask >> 1) + (1 if value < 0 else 0)
    return (value >> exponent) + (1 if remainder > threshold else 0)


def multiply_by_quantized_multiplier(value: int, multiplier: int, shift: int) -> int:
    """value · multiplier · 2^(shift − 31) with two roundings, as the convolutions do it."""
    left, right = max(shift, 0), max(-shift, 0)
    shifted = wrap_int32(value << left)
    return rounding_divide_by_pot(saturating_rounding_doubling_high_mul(shifted, multiplier), right)


def multiply_round_once(value: int, multiplier: int, shift: int) -> int:
    """value · multiplier · 2^(shift − 31) with one rounding, as fully connected layers do it."""
    total = 31 - shift
    return (value * multiplier + (1 << (total - 1))) >> total


def wrap_int32(value: int) -> int:
    """`value` as two's complement int32 arithmetic would keep it."""
    return (value + 2**31) % 2**32 - 2**31


def _divide_toward_zero(numerator: int, denominator: int) -> int:
    quotient = abs(numerator) // denominator
    return quotient if numerator >= 0 else -quotient
