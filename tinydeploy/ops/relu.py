"""RELU, RELU6, RELU_0_TO_1 and RELU_N1_TO_1: a change of scale and a clamp."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, RawOperator
from tinydeploy.ops.activation import Activation, activation_range, quantize
from tinydeploy.ops.lookup import Function, LookupOp, check_unary
from tinydeploy.ops.requantize import require_int16
from tinydeploy.ops.scales import float32_product, multiplier_for


@dataclass(frozen=True, slots=True)
class _Clamp(LookupOp):
    KIND: ClassVar[Activation]
    LIMIT: ClassVar[float] = math.inf
    """An upper limit that no fused activation has."""
    ACCEPTS_INT16: ClassVar[bool] = False

    @classmethod
    def read(cls, raw: RawOperator) -> _Clamp:
        return cls()

    def check(self, io: NodeIO) -> None:
        if not (self.ACCEPTS_INT16 and io.input(0).dtype is DType.INT16):
            # Not super(): a slotted dataclass is a new class, which super() doesn't know.
            LookupOp.check(self, io)
            return
        check_unary(io)
        require_int16(io.input(0), "input")
        require_int16(io.output, "output")
        _multiplier(io)
        activation_range(self.KIND, io.output)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        data = io.input(0).data
        if data is None or io.input(0).dtype is not DType.INT16:
            return LookupOp.fold(self, io)
        clamp = self.function(io)
        values = [clamp(int(value)) for value in data.reshape(-1)]
        return (np.array(values, np.int16).reshape(io.output.shape),)

    def function(self, io: NodeIO) -> Function:
        source, output = io.input(0), io.output
        multiplier, shift = _multiplier(io)
        minimum, maximum = activation_range(self.KIND, output)
        if math.isfinite(self.LIMIT):
            maximum = min(maximum, quantize(self.LIMIT, output))

        def clamp(value: int) -> int:
            centred = value - source.zero_point
            scaled = multiply_by_quantized_multiplier(centred, multiplier, shift)
            return min(max(wrap_int32(scaled + output.zero_point), minimum), maximum)

        return clamp


@dataclass(frozen=True, slots=True)
class Relu(_Clamp):
    """max(x, 0)."""

    NAME: ClassVar[str] = "RELU"
    KIND: ClassVar[Activation] = Activation.RELU
    ACCEPTS_INT16: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Relu6(_Clamp):
    """x between 0 and 6."""

    NAME: ClassVar[str] = "RELU6"
    KIND: ClassVar[Activation] = Activation.RELU6
    ACCEPTS_INT16: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class ReluN1To1(_Clamp):
    """x between -1 and 1."""

    NAME: ClassVar[str] = "RELU_N1_TO_1"
    KIND: ClassVar[Activation] = Activation.RELU_N1_TO_1


@dataclass(frozen=True, slots=True)
class Relu0To1(_Clamp):
    """x between 0 and 1."""

    NAME: ClassVar[str] = "RELU_0_TO_1"
    KIND: ClassVar[Activation] = Activation.RELU
    LIMIT: ClassVar[float] = 1.0


def _multiplier(io: NodeIO) -> tuple[int, int]:
    return multiplier_for(float32_product(io.input(0).scale, divisor=io.output.scale))


def _lower_s16(op: _Clamp, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT16:
        return None
    multiplier, shift = _multiplier(io)
    minimum, maximum = activation_range(op.KIND, io.output)
    params = {
        "count": io.output.size,
        "multiplier": multiplier,
        "shift": shift,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    return (Call("td_rescale_s16", params),)


Relu.KERNELS = (*LookupOp.KERNELS, Kernel("relu_s16_generic", Isa.GENERIC, _lower_s16))
Relu6.KERNELS = (*LookupOp.KERNELS, Kernel("relu6_s16_generic", Isa.GENERIC, _lower_s16))
