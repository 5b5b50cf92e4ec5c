"""exp of a negative fixed-point number, bit for bit as gemmlowp's fixed-point library computes it.

Source of the constants: exp at the named arguments, in the fixed-point format of each result.
"""

from __future__ import annotations

from tinydeploy.ir.fixed_point import (
    INT32_MAX,
    INT32_MIN,
    rounding_divide_by_pot,
)
from tinydeploy.ir.fixed_point import saturating_rounding_doubling_high_mul as multiply

_FRACTION_BITS = 26
_QUARTER = 1 << (_FRACTION_BITS - 2)
_EXP_OF_MINUS_EIGHTH = 1895147668
_THIRD = 715827883
# exp(-1/4), exp(-1/2), exp(-1), … exp(-16) in Q0.31.
_EXP_OF_MINUS_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def exp_of_negative(value: int) -> int:
    """exp of `value` (Q5.26, at most 0) in Q0.31; 1.0 saturates to the largest int32."""
    if value == 0:
        return INT32_MAX
    # value = fraction - whole quarters, with the fraction in [-1/4, 0).
    fraction = (value & (_QUARTER - 1)) - _QUARTER
    quarters = (fraction - value) // _QUARTER
    result = _exp_of_fraction(_saturate(fraction << (31 - _FRACTION_BITS)))
    for bit, factor in enumerate(_EXP_OF_MINUS_POWERS):
        if quarters >> bit & 1:
            result = multiply(result, factor)
    return result


def _exp_of_fraction(value: int) -> int:
    """exp on [-1/4, 0) in Q0.31: a Taylor polynomial of degree 4 around -1/8."""
    x = value + (1 << 28)
    square = multiply(x, x)
    cube = multiply(square, x)
    quarter_fourth = rounding_divide_by_pot(multiply(square, square), 2)
    tail = rounding_divide_by_pot(multiply(quarter_fourth + cube, _THIRD) + square, 1)
    return _EXP_OF_MINUS_EIGHTH + multiply(_EXP_OF_MINUS_EIGHTH, x + tail)


def _saturate(value: int) -> int:
    return max(INT32_MIN, min(INT32_MAX, value))
