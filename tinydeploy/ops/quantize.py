"""QUANTIZE: real numbers to 8 bits, 8 bits to another scale or type, int16 to another scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier, wrap_int32
from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator
from tinydeploy.ops.activation import Activation, activation_range
from tinydeploy.ops.lookup import (
    RANGE,
    Function,
    check_unary,
    lookup_call,
    require_8_bit,
    table_of,
)
from tinydeploy.ops.requantize import require_int16
from tinydeploy.ops.scales import multiplier_for


@dataclass(frozen=True, slots=True)
class Quantize(Op):
    """From float32, int8 or uint8 to int8 or uint8; from int16 to int16."""

    NAME: ClassVar[str] = "QUANTIZE"

    @classmethod
    def read(cls, raw: RawOperator) -> Quantize:
        return cls()

    def check(self, io: NodeIO) -> None:
        check_unary(io)
        if io.input(0).dtype is DType.INT16:
            require_int16(io.input(0), "input")
            require_int16(io.output, "output")
            _multiplier(io)
            return
        require_8_bit(io.output, "output")
        if io.input(0).dtype is not DType.FLOAT32:
            require_8_bit(io.input(0), "input")
            _requantization(io)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return () if io.input(0).dtype is DType.FLOAT32 else (0,)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        source, output = io.input(0), io.output
        if source.data is None or source.dtype not in RANGE:
            return None
        values = table_of(_requantization(io), io)[source.data.reshape(-1).view(np.uint8)]
        return (values.view(output.dtype.numpy).reshape(output.shape),)


def _multiplier(io: NodeIO) -> tuple[int, int]:
    return multiplier_for(io.input(0).scale / io.output.scale)


def _requantization(io: NodeIO) -> Function:
    source, output = io.input(0), io.output
    multiplier, shift = _multiplier(io)

    def requantize(value: int) -> int:
        centred = value - source.zero_point
        scaled = multiply_by_quantized_multiplier(centred, multiplier, shift)
        return wrap_int32(scaled + output.zero_point)

    return requantize


def _lower_s16(_op: Quantize, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT16:
        return None
    multiplier, shift = _multiplier(io)
    minimum, maximum = activation_range(Activation.NONE, io.output)
    params = {
        "count": io.output.size,
        "multiplier": multiplier,
        "shift": shift,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    return (Call("td_rescale_s16", params),)


def _lower(_op: Quantize, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is DType.INT16:
        return None
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


Quantize.KERNELS = (
    Kernel("quantize_generic", Isa.GENERIC, _lower),
    Kernel("quantize_s16_generic", Isa.GENERIC, _lower_s16),
)
