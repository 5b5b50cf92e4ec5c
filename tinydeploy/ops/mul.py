"""MUL: the product of two operands, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator
from tinydeploy.ops.activation import Activation, activation_range, read_activation
from tinydeploy.ops.broadcast import broadcast_params, check_broadcast, in_place_inputs
from tinydeploy.ops.requantize import require_activations
from tinydeploy.ops.scales import float32_product, multiplier_for


@dataclass(frozen=True, slots=True)
class Mul(Op):
    """int8 or int16 operands of any shapes that broadcast to the output's."""

    activation: Activation = Activation.NONE

    NAME: ClassVar[str] = "MUL"

    @classmethod
    def read(cls, raw: RawOperator) -> Mul:
        return cls(read_activation(raw.options.get("FusedActivationFunction", 0)))

    def check(self, io: NodeIO) -> None:
        check_broadcast(io)
        require_activations(io, ("first input", "second input"))
        activation_range(self.activation, io.output)
        _multiplier(io)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return in_place_inputs(io)


def _multiplier(io: NodeIO) -> tuple[int, int]:
    first, second, output = io.input(0).scale, io.input(1).scale, io.output.scale
    return multiplier_for(float32_product(first, second, divisor=output))


def _lower(op: Mul, io: NodeIO) -> tuple[Call, ...] | None:
    if io.output.dtype is not DType.INT8:
        return None
    zero_points = {
        "first_zero_point": io.input(0).zero_point,
        "second_zero_point": io.input(1).zero_point,
        "output_zero_point": io.output.zero_point,
    }
    return (Call("td_mul_s8", _params(op, io) | zero_points, _OPERANDS),)


def _lower_s16(op: Mul, io: NodeIO) -> tuple[Call, ...] | None:
    if io.output.dtype is not DType.INT16:
        return None
    return (Call("td_mul_s16", _params(op, io), _OPERANDS),)


_OPERANDS = (Input(0), Input(1), Output())


def _params(op: Mul, io: NodeIO) -> dict[str, Any]:
    multiplier, shift = _multiplier(io)
    minimum, maximum = activation_range(op.activation, io.output)
    return {
        **broadcast_params(io),
        "output_multiplier": multiplier,
        "output_shift": shift,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }


Mul.KERNELS = (
    Kernel("mul_generic", Isa.GENERIC, _lower),
    Kernel("mul_s16_generic", Isa.GENERIC, _lower_s16),
)
