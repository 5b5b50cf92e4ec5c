"""HARD_SWISH: x · relu6(x + 3) / 6 in 16-bit fixed point, as the reference kernel computes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.fixed_point import INT32_MAX
from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.lookup import Function, LookupOp
from tinydeploy.ops.scales import float32_product, multiplier_for

_INT16_MIN, _INT16_MAX = -(2**15), 2**15 - 1
_EXTRA_BITS = 7
_RELU_SCALE = float(np.float32(3) / np.float32(32768))
"""At this scale the int16 range stands for -3 … 3."""


@dataclass(frozen=True, slots=True)
class HardSwish(LookupOp):
    """All intermediate values are int16, so that they saturate and wrap as the reference's do."""

    NAME: ClassVar[str] = "HARD_SWISH"

    @classmethod
    def read(cls, raw: RawOperator) -> HardSwish:
        return cls()

    def function(self, io: NodeIO) -> Function:
        zero_in, zero_out = io.input(0).zero_point, io.output.zero_point
        fine_scale = io.input(0).scale / 2**_EXTRA_BITS
        output_factor, output_shift = _multiplier_int16(
            float32_product(fine_scale, divisor=io.output.scale)
        )
        require(output_shift <= 0, "the output's scale is below 1/128 of the input's")
        relu_factor, relu_shift = _multiplier_int16(
            float32_product(fine_scale, divisor=_RELU_SCALE)
        )

        def swish(value: int) -> int:
            fine = (value - zero_in) << _EXTRA_BITS
            scaled = _doubling_high_multiply(fine, output_factor)
            gate = _gate(fine, relu_factor, relu_shift)
            product = _saturate(_truncating_shift_right(gate * scaled, 15))
            return _wrap(_rounding_shift_right(product, -output_shift) + zero_out)

        return swish


def _gate(value: int, factor: int, shift: int) -> int:
    """relu6(x + 3) / 6 as 0 … 32767."""
    if shift > 0:
        value = _saturate(value << (shift - 1))
    value = _doubling_high_multiply(value, factor)
    if shift > 0:
        value = _saturate(value << 1)
    if shift < 0:
        value = _rounding_shift_right(value, -shift)
    return (value + 2**15) >> 1


def _multiplier_int16(real: float) -> tuple[int, int]:
    """`quantize_multiplier` with a 16-bit multiplier."""
    multiplier, shift = multiplier_for(real)
    if multiplier >= INT32_MAX - 2**15:
        return _INT16_MAX, shift
    return (multiplier + 2**15) >> 16, shift


def _doubling_high_multiply(a: int, b: int) -> int:
    """(a · b · 2) >> 16, rounded to nearest."""
    product = a * b
    nudge = 2**14 if product >= 0 else 1 - 2**14
    return _saturate(_truncating_shift_right(product + nudge, 15))


def _truncating_shift_right(value: int, bits: int) -> int:
    return value >> bits if value >= 0 else -(-value >> bits)


def _rounding_shift_right(value: int, bits: int) -> int:
    """value / 2^bits to nearest, ties away from zero, with a mask that has only 16 bits."""
    mask = _wrap((1 << bits) - 1)
    threshold = (mask >> 1) + (1 if value < 0 else 0)
    return (value >> bits) + (1 if (value & mask) > threshold else 0)


def _saturate(value: int) -> int:
    return min(max(value, _INT16_MIN), _INT16_MAX)


def _wrap(value: int) -> int:
    return (value + 2**15) % 2**16 - 2**15
