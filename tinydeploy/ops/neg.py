"""NEG of real numbers: the converter leaves it in float, between a DEQUANTIZE and a QUANTIZE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.lookup import check_unary


@dataclass(frozen=True, slots=True)
class Neg(Op):
    """float32 only; int8 has no kernel in the reference either."""

    NAME: ClassVar[str] = "NEG"

    @classmethod
    def read(cls, raw: RawOperator) -> Neg:
        return cls()

    def check(self, io: NodeIO) -> None:
        check_unary(io)
        for tensor in (io.input(0), io.output):
            require(tensor.dtype is DType.FLOAT32, f"{tensor.dtype.value} can't be negated")

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return (0,)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        data = io.input(0).data
        return None if data is None else (-data,)


def _lower(_op: Neg, io: NodeIO) -> tuple[Call, ...]:
    return (Call("td_negate_f32", {"count": io.output.size}),)


Neg.KERNELS = (Kernel("negate_f32", Isa.GENERIC, _lower),)
