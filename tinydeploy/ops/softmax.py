"""SOFTMAX over the last dimension, in fixed point."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.exponential import exp_of_negative
from tinydeploy.ir.fixed_point import quantize_multiplier, saturating_rounding_doubling_high_mul
from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.requantize import require_int8
from tinydeploy.ops.softmax_int16 import check_int16, lower_int16

_DIFFERENCE_INTEGER_BITS = 5
_DIFFERENCE_FRACTION_BITS = 31 - _DIFFERENCE_INTEGER_BITS
# The sum has 12 integer bits: more addends of 1.0 would overflow it.
_MAX_DEPTH = 4095
_INT8_DIFFERENCES = 256


@dataclass(frozen=True, slots=True)
class Softmax(Op):
    """exp(beta · x) / Σ exp(beta · x).

    The output's scale is 1/256 and its zero point −128; of int16 1/32768 and 0.
    """

    beta: float = 1.0

    NAME: ClassVar[str] = "SOFTMAX"

    @classmethod
    def read(cls, raw: RawOperator) -> Softmax:
        return cls(float(raw.options.get("Beta", 1.0)))

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        require(source.shape == output.shape, "input and output differ in shape")
        require(1 <= len(source.shape) <= 4, f"{list(source.shape)} must have 1 to 4 dimensions")
        if source.dtype is DType.INT16:
            check_int16(io, self.beta)
            return
        require_int8(source, "input")
        require_int8(output, "output")
        require(
            source.shape[-1] <= _MAX_DEPTH,
            f"{source.shape[-1]} classes: the fixed-point sum holds at most {_MAX_DEPTH}",
        )
        require(
            output.scale == 1 / 256 and output.zero_point == -128,
            "the output's scale must be 1/256 and its zero point -128",
        )
        real = _multiplier(self.beta, source.scale)
        require(
            math.isfinite(real) and real > 1,
            f"beta {self.beta:g} times the input's scale {source.scale:.3g} is too small: its "
            "input hardly varies, as in a model that isn't trained",
        )

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return (0,)


def _multiplier(beta: float, scale: float) -> float:
    """Input difference to Q5.26, limited to what a multiplier can hold."""
    return min(beta * scale * 2.0**_DIFFERENCE_FRACTION_BITS, 2.0**31 - 1)


def _radius(shift: int) -> int:
    """The largest difference that matters: beyond, Q5.26 would overflow, and exp is 0."""
    largest = (2**_DIFFERENCE_INTEGER_BITS - 1) * 2**_DIFFERENCE_FRACTION_BITS / 2**shift
    return min(int(largest), _INT8_DIFFERENCES - 1)


def _exponentials(beta: float, scale: float) -> Array:
    """exp(−beta · scale · d) in Q0.31 for d = 0, 1, …; the zeros at the end are left out."""
    multiplier, shift = quantize_multiplier(_multiplier(beta, scale))
    values = [
        exp_of_negative(saturating_rounding_doubling_high_mul(-d << shift, multiplier))
        for d in range(_radius(shift) + 1)
    ]
    return np.trim_zeros(np.array(values, np.int32), "b")


def _lower(op: Softmax, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT8:
        return None
    exponentials = _exponentials(op.beta, io.input(0).scale)
    table = {"table_length": exponentials.size, "exponentials": exponentials}
    return (Call("td_softmax_s8", _rows(io) | table, code_bytes=_TABLE_CODE_BYTES),)


def _lower_small(op: Softmax, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT8:
        return None
    multiplier, shift = quantize_multiplier(_multiplier(op.beta, io.input(0).scale))
    scaling = {"multiplier": multiplier, "shift": shift, "radius": _radius(shift)}
    return (Call("td_softmax_small_s8", _rows(io) | scaling, code_bytes=_SMALL_CODE_BYTES),)


def _lower_s16(op: Softmax, io: NodeIO) -> tuple[Call, ...] | None:
    return lower_int16(io, op.beta) if io.input(0).dtype is DType.INT16 else None


def _rows(io: NodeIO) -> dict[str, int]:
    shape = io.input(0).shape
    return {"rows": io.input(0).size // shape[-1], "depth": shape[-1]}


_TABLE_CODE_BYTES, _SMALL_CODE_BYTES = 360, 620
"""On a Cortex-M4 with -Os: what the choice between the two weighs against the table."""

Softmax.KERNELS = (
    Kernel("softmax_generic", Isa.GENERIC, _lower),
    Kernel("softmax_small_generic", Isa.GENERIC, _lower_small),
    Kernel("softmax_s16_generic", Isa.GENERIC, _lower_s16),
)
