"""LEAKY_RELU: one factor for positive values, another one for negative values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.lookup import Function, LookupOp
from tinydeploy.ops.scales import float32_product, multiplier_for


@dataclass(frozen=True, slots=True)
class LeakyRelu(LookupOp):
    """x where x is positive, alpha · x elsewhere."""

    alpha: float = 0.0

    NAME: ClassVar[str] = "LEAKY_RELU"

    @classmethod
    def read(cls, raw: RawOperator) -> LeakyRelu:
        alpha = float(raw.options.get("Alpha", 0.0))
        require(math.isfinite(alpha), "alpha is not a number")
        return cls(alpha)

    def function(self, io: NodeIO) -> Function:
        source, output = io.input(0), io.output
        positive = multiplier_for(float32_product(source.scale, divisor=output.scale))
        negative = multiplier_for(float32_product(source.scale, self.alpha, divisor=output.scale))

        def leak(value: int) -> int:
            centred = value - source.zero_point
            multiplier, shift = positive if centred >= 0 else negative
            scaled = multiply_by_quantized_multiplier(centred, multiplier, shift)
            return wrap_int32(scaled + output.zero_point)

        return leak
