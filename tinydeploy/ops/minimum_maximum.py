"""MINIMUM and MAXIMUM: they compare the stored integers and rescale nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator
from tinydeploy.ops.broadcast import broadcast_params, check_broadcast, in_place_inputs
from tinydeploy.ops.requantize import require_int8


@dataclass(frozen=True, slots=True)
class _Selection(Op):
    FUNCTION: ClassVar[str]

    @classmethod
    def read(cls, raw: RawOperator) -> _Selection:
        return cls()

    def check(self, io: NodeIO) -> None:
        check_broadcast(io)
        for tensor, role in ((io.input(0), "first input"), (io.input(1), "second input")):
            require_int8(tensor, role)
        require_int8(io.output, "output")

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return in_place_inputs(io)


@dataclass(frozen=True, slots=True)
class Minimum(_Selection):
    """The smaller operand, element by element."""

    NAME: ClassVar[str] = "MINIMUM"
    FUNCTION: ClassVar[str] = "td_minimum_s8"


@dataclass(frozen=True, slots=True)
class Maximum(_Selection):
    """The larger operand, element by element."""

    NAME: ClassVar[str] = "MAXIMUM"
    FUNCTION: ClassVar[str] = "td_maximum_s8"


def _lower(op: _Selection, io: NodeIO) -> tuple[Call, ...]:
    return (Call(op.FUNCTION, broadcast_params(io), (Input(0), Input(1), Output())),)


Minimum.KERNELS = (Kernel("minimum_generic", Isa.GENERIC, _lower),)
Maximum.KERNELS = (Kernel("maximum_generic", Isa.GENERIC, _lower),)
