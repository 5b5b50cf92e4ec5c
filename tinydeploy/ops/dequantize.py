"""DEQUANTIZE: 8 bits to real numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.lookup import check_unary, require_8_bit

_SIGN_BIT = 0x80


@dataclass(frozen=True, slots=True)
class Dequantize(Op):
    """From int8 or uint8 to float32."""

    NAME: ClassVar[str] = "DEQUANTIZE"

    @classmethod
    def read(cls, raw: RawOperator) -> Dequantize:
        return cls()

    def check(self, io: NodeIO) -> None:
        check_unary(io)
        require_8_bit(io.input(0), "input")
        require(io.output.dtype is DType.FLOAT32, f"the output is {io.output.dtype.value}")

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        source = io.input(0)
        if source.data is None:
            return None
        centred = source.data.astype(np.float32) - np.float32(source.zero_point)
        with np.errstate(all="ignore"):
            return ((np.float32(source.scale) * centred).astype(np.float32),)


def _lower(_op: Dequantize, io: NodeIO) -> tuple[Call, ...]:
    source = io.input(0)
    sign_bit = _SIGN_BIT if source.dtype is DType.INT8 else 0
    params = {
        "count": io.output.size,
        "scale": source.scale,
        "zero_point": source.zero_point + sign_bit,
        "sign_bit": sign_bit,
    }
    return (Call("td_dequantize_f32", params),)


Dequantize.KERNELS = (Kernel("dequantize_generic", Isa.GENERIC, _lower),)
