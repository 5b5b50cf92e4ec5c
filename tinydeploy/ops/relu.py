"""RELU, RELU6, RELU_0_TO_1 and RELU_N1_TO_1: a change of scale and a clamp."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import RawOperator
from tinydeploy.ops.activation import Activation, activation_range, quantize
from tinydeploy.ops.lookup import Function, LookupOp
from tinydeploy.ops.scales import float32_product, multiplier_for


@dataclass(frozen=True, slots=True)
class _Clamp(LookupOp):
    KIND: ClassVar[Activation]
    LIMIT: ClassVar[float] = math.inf
    """An upper limit that no fused activation has."""

    @classmethod
    def read(cls, raw: RawOperator) -> _Clamp:
        return cls()

    def function(self, io: NodeIO) -> Function:
        source, output = io.input(0), io.output
        multiplier, shift = multiplier_for(float32_product(source.scale, divisor=output.scale))
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


@dataclass(frozen=True, slots=True)
class Relu6(_Clamp):
    """x between 0 and 6."""

    NAME: ClassVar[str] = "RELU6"
    KIND: ClassVar[Activation] = Activation.RELU6


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
