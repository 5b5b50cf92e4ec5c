"""QUANTIZE: real numbers to 8 bits, or 8 bits to another scale or type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator
from tinydeploy.ops.lookup import (
    RANGE,
    Function,
    check_unary,
    lookup_call,
    require_8_bit,
    table_of,
)
from tinydeploy.ops.scales import multiplier_for


@dataclass(frozen=True, slots=True)
class Quantize(Op):
    """From float32, int8 or uint8 to int8 or uint8."""

    NAME: ClassVar[str] = "QUANTIZE"

    @classmethod
    def read(cls, raw: RawOperator) -> Quantize:
        return cls()

    def check(self, io: NodeIO) -> None:
        check_unary(io)
        require_8_bit(io.output, "output")
        if io.input(0).dtype is not DType.FLOAT32:
            require_8_bit(io.input(0), "input")
            _requantization(io)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return () if io.input(0).dtype is DType.FLOAT32 else (0,)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        source, output = io.input(0), io.output
        if source.data is None or source.dtype is DType.FLOAT32:
            return None
        values = table_of(_requantization(io), io)[source.data.reshape(-1).view(np.uint8)]
        return (values.view(output.dtype.numpy).reshape(output.shape),)


def _requantization(io: NodeIO) -> Function:
    source, output = io.input(0), io.output
    multiplier, shift = multiplier_for(source.scale / output.scale)

    def requantize(value: int) -> int:
        centred = value - source.zero_point
        scaled = multiply_by_quantized_multiplier(centred, multiplier, shift)
        return wrap_int32(scaled + output.zero_point)

    return requantize


def _lower(_op: Quantize, io: NodeIO) -> tuple[Call, ...]:
    if io.input(0).dtype is not DType.FLOAT32:
        return (lookup_call(_requantization(io), io),)
    minimum, maximum = RANGE[io.output.dtype]
    params = {
        "count": io.output.size,
        "scale": io.output.scale,
        "zero_point": io.output.zero_point,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    return (Call("td_quantize_f32", params),)


Quantize.KERNELS = (Kernel("quantize_generic", Isa.GENERIC, _lower),)
