"""Operators whose table the reference fills in single precision: LOGISTIC, TANH and others."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.fixed_point import INT32_MAX, INT32_MIN
from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.lookup import Function, LookupOp

_EXP_LIMIT = 700.0
"""exp() of more overflows a double, and its result has long overflowed a single."""


@dataclass(frozen=True, slots=True)
class FloatFunction(LookupOp):
    """A real function of each value.

    The reference evaluates it by a single-precision libm, this class by a double-precision one
    whose result is rounded to single: they are within one unit in the last place, which rounding
    to 8 bits hides but for a tie that no test has met.
    """

    @classmethod
    def read(cls, raw: RawOperator) -> FloatFunction:
        return cls()

    @abstractmethod
    def real(self, value: float) -> float:
        """The function of a single-precision value; `single` of the result is taken."""

    def function(self, io: NodeIO) -> Function:
        scale_in, zero_in = io.input(0).scale, io.input(0).zero_point
        inverse_scale, zero_out = single(1 / io.output.scale), io.output.zero_point

        def evaluate(value: int) -> int:
            result = single(self.real(single(scale_in * (value - zero_in))))
            rounded = _round_half_away(single(result * inverse_scale))
            return _to_int32(single(rounded + zero_out))

        return evaluate


@dataclass(frozen=True, slots=True)
class Logistic(FloatFunction):
    """1 / (1 + exp(-x)); the output's scale is 1/256."""

    NAME: ClassVar[str] = "LOGISTIC"

    def check(self, io: NodeIO) -> None:
        LookupOp.check(self, io)
        require(io.output.scale == 1 / 256, f"the output's scale is {io.output.scale}, not 1/256")

    def real(self, value: float) -> float:
        return 1 / single(1 + exponential(-value))


@dataclass(frozen=True, slots=True)
class Tanh(FloatFunction):
    """The hyperbolic tangent."""

    NAME: ClassVar[str] = "TANH"

    def real(self, value: float) -> float:
        return math.tanh(value)


@dataclass(frozen=True, slots=True)
class Exp(FloatFunction):
    """e^x."""

    NAME: ClassVar[str] = "EXP"

    def real(self, value: float) -> float:
        return exponential(value)


@dataclass(frozen=True, slots=True)
class Gelu(FloatFunction):
    """x times the normal distribution function of x, or its approximation by tanh."""

    approximate: bool = False

    NAME: ClassVar[str] = "GELU"

    @classmethod
    def read(cls, raw: RawOperator) -> Gelu:
        return cls(bool(raw.options.get("Approximate", False)))

    def real(self, value: float) -> float:
        half = single(0.5 * value)
        if self.approximate:
            return half * single(1 + single(math.tanh(_gelu_argument(value))))
        return half * single(math.erfc(single(value * -single(math.sqrt(0.5)))))


def _gelu_argument(value: float) -> float:
    """sqrt(2 / pi) · (x + 0.044715 · x³), each step in single precision."""
    cube = single(single(single(single(0.044715) * value) * value) * value)
    return single(single(math.sqrt(2 / math.pi)) * single(value + cube))


def single(value: float) -> float:
    """`value` rounded to single precision; too large a one is infinite.

    One sum, product, quotient or square root of singles in double precision, rounded so, is
    what single-precision arithmetic gives.
    """
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def exponential(value: float) -> float:
    """e^value in single precision."""
    return single(math.exp(min(value, _EXP_LIMIT)))


def _round_half_away(value: float) -> float:
    """C's roundf."""
    if not math.isfinite(value):
        return value
    whole = math.trunc(value)
    return whole + math.copysign(1.0 if abs(value - whole) >= 0.5 else 0.0, value)


def _to_int32(value: float) -> int:
    """The integer that `value` is, or the end of int32 beyond which it lies."""
    if math.isnan(value):
        return 0
    return int(min(max(value, INT32_MIN), INT32_MAX))
