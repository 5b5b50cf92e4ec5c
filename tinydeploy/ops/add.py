"""ADD and SUB: both operands brought to a common scale, then to the output's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator
from tinydeploy.ops.activation import Activation, activation_range, read_activation
from tinydeploy.ops.broadcast import broadcast_params, check_broadcast, in_place_inputs
from tinydeploy.ops.requantize import require_int8
from tinydeploy.ops.scales import multiplier_below_one

_EXTRA_BITS = 20


@dataclass(frozen=True, slots=True)
class Add(Op):
    """int8 operands of any shapes that broadcast to the output's."""

    activation: Activation = Activation.NONE

    NAME: ClassVar[str] = "ADD"
    SIGN: ClassVar[int] = 1
    """Of the second operand."""

    @classmethod
    def read(cls, raw: RawOperator) -> Add:
        return cls(read_activation(raw.options.get("FusedActivationFunction", 0)))

    def check(self, io: NodeIO) -> None:
        check_broadcast(io)
        for tensor, role in ((io.input(0), "first input"), (io.input(1), "second input")):
            require_int8(tensor, role)
        require_int8(io.output, "output")
        activation_range(self.activation, io.output)
        addition_scaling(io, self.SIGN)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return in_place_inputs(io)


@dataclass(frozen=True, slots=True)
class Sub(Add):
    """First operand minus second."""

    NAME: ClassVar[str] = "SUB"
    SIGN: ClassVar[int] = -1


def addition_scaling(io: NodeIO, sign: int) -> dict[str, int]:
    """Multipliers and shifts of the operands and of the output."""
    with np.errstate(over="ignore", under="ignore"):
        largest = float(np.float32(2) * np.float32(max(io.input(0).scale, io.input(1).scale)))
        divisor = float(np.float32(1 << _EXTRA_BITS) * np.float32(io.output.scale))
    first, first_shift = multiplier_below_one(io.input(0).scale / largest)
    second, second_shift = multiplier_below_one(io.input(1).scale / largest)
    output, output_shift = multiplier_below_one(largest / divisor)
    return {
        "first_multiplier": first,
        "first_shift": first_shift,
        "second_multiplier": sign * second,
        "second_shift": second_shift,
        "output_multiplier": output,
        "output_shift": output_shift,
    }


def _lower(op: Add, io: NodeIO) -> tuple[Call, ...]:
    minimum, maximum = activation_range(op.activation, io.output)
    params: dict[str, Any] = {
        **broadcast_params(io),
        **addition_scaling(io, op.SIGN),
        "first_zero_point": io.input(0).zero_point,
        "second_zero_point": io.input(1).zero_point,
        "output_zero_point": io.output.zero_point,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    return (Call("td_add_s8", params, (Input(0), Input(1), Output())),)


Add.KERNELS = (Kernel("add_generic", Isa.GENERIC, _lower),)
Sub.KERNELS = (Kernel("sub_generic", Isa.GENERIC, _lower),)
