"""ABS: the absolute value, at another scale if need be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import RawOperator
from tinydeploy.ops.lookup import Function, LookupOp
from tinydeploy.ops.scales import float32_product, multiplier_for


@dataclass(frozen=True, slots=True)
class Abs(LookupOp):
    """|x|."""

    NAME: ClassVar[str] = "ABS"

    @classmethod
    def read(cls, raw: RawOperator) -> Abs:
        return cls()

    def function(self, io: NodeIO) -> Function:
        source, output = io.input(0), io.output
        # Equal scales give the factor 1, which is exact.
        multiplier, shift = multiplier_for(float32_product(source.scale, divisor=output.scale))

        def absolute(value: int) -> int:
            size = abs(value - source.zero_point)
            scaled = multiply_by_quantized_multiplier(size, multiplier, shift)
            return wrap_int32(scaled + output.zero_point)

        return absolute
