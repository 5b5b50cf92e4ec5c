"""ADD and SUB: both operands brought to a common scale, then to the output's.

An old form of int16 ones has only powers of two as scales, one operand's that of the output; the
model file says whether it may be used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator, require
from tinydeploy.ops.activation import Activation, activation_range, read_activation
from tinydeploy.ops.broadcast import broadcast_params, check_broadcast, in_place_inputs
from tinydeploy.ops.requantize import require_activations
from tinydeploy.ops.scales import multiplier_below_one

_EXTRA_BITS = {DType.INT8: 20, DType.INT16: 15}
_MOST_UNLIKE_A_POWER = 1e-3  # in its logarithm
_LARGEST_SHIFT = 15
"""Beyond, the reference's 16-bit arithmetic overflows, and nothing is left of the operand."""


@dataclass(frozen=True, slots=True)
class Add(Op):
    """int8 or int16 operands of any shapes that broadcast to the output's."""

    activation: Activation = Activation.NONE
    allows_power_of_two: bool = False
    """An int16 one whose scales are all powers of two only shifts, and rounds otherwise."""

    NAME: ClassVar[str] = "ADD"
    SIGN: ClassVar[int] = 1
    """Of the second operand."""

    @classmethod
    def read(cls, raw: RawOperator) -> Add:
        return cls(
            read_activation(raw.options.get("FusedActivationFunction", 0)),
            bool(raw.options.get("PotScaleInt16", True)),
        )

    def check(self, io: NodeIO) -> None:
        check_broadcast(io)
        require_activations(io, ("first input", "second input"))
        activation_range(self.activation, io.output)
        if self.only_shifts(io):
            same = io.input(0).shape == io.input(1).shape
            require(same, "the scales are powers of two, but the inputs' shapes differ")
            _right_shifts(io)
        else:
            addition_scaling(io, self.SIGN)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return in_place_inputs(io)

    def only_shifts(self, io: NodeIO) -> bool:
        """Whether this is the form with powers of two as scales, or nearly so."""
        are_powers = None not in _exponents(io)
        return self.allows_power_of_two and io.output.dtype is DType.INT16 and are_powers


@dataclass(frozen=True, slots=True)
class Sub(Add):
    """First operand minus second."""

    NAME: ClassVar[str] = "SUB"
    SIGN: ClassVar[int] = -1


def addition_scaling(io: NodeIO, sign: int) -> dict[str, int]:
    """Multipliers and shifts of the operands and of the output."""
    extra_bits = _EXTRA_BITS[io.output.dtype]
    with np.errstate(over="ignore", under="ignore"):
        largest = float(np.float32(2) * np.float32(max(io.input(0).scale, io.input(1).scale)))
        divisor = float(np.float32(1 << extra_bits) * np.float32(io.output.scale))
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


def _exponents(io: NodeIO) -> list[int | None]:
    """Of which power of two each scale is; None: of none. As the reference, in float32.

    1/32767, for values from -1 to 1, counts as 2^-15.
    """
    logarithms = [
        np.log(np.float32(tensor.scale)) / np.log(np.float32(2))
        for tensor in (io.input(0), io.input(1), io.output)
    ]
    return [
        round(float(x)) if abs(x - np.round(x)) < _MOST_UNLIKE_A_POWER else None for x in logarithms
    ]


def _right_shifts(io: NodeIO) -> tuple[int, int]:
    """How far each operand is shifted right, of which one is 0."""
    first, second, output = (exponent or 0 for exponent in _exponents(io))
    shifts = output - first, output - second
    require(
        min(shifts) == 0 and max(shifts) <= _LARGEST_SHIFT,
        "the scales are powers of two, but the output's is not the larger one of the inputs', or "
        f"the other one is more than 2^{_LARGEST_SHIFT} times smaller",
    )
    return shifts


def _lower(op: Add, io: NodeIO) -> tuple[Call, ...] | None:
    if io.output.dtype is not DType.INT8:
        return None
    zero_points = {
        "first_zero_point": io.input(0).zero_point,
        "second_zero_point": io.input(1).zero_point,
        "output_zero_point": io.output.zero_point,
    }
    params = _params(op, io) | addition_scaling(io, op.SIGN) | zero_points
    return (Call("td_add_s8", params, _OPERANDS),)


def _lower_s16(op: Add, io: NodeIO) -> tuple[Call, ...] | None:
    if io.output.dtype is not DType.INT16 or op.only_shifts(io):
        return None
    return (Call("td_add_s16", _params(op, io) | addition_scaling(io, op.SIGN), _OPERANDS),)


def _lower_shifts(op: Add, io: NodeIO) -> tuple[Call, ...] | None:
    if not op.only_shifts(io):
        return None
    first, second = _right_shifts(io)
    minimum, maximum = activation_range(op.activation, io.output)
    params = {
        "count": io.output.size,
        "first_shift": first,
        "second_shift": second,
        "second_sign": op.SIGN,
        "output_minimum": minimum,
        "output_maximum": maximum,
    }
    return (Call("td_add_shifts_s16", params, _OPERANDS),)


_OPERANDS = (Input(0), Input(1), Output())


def _params(op: Add, io: NodeIO) -> dict[str, Any]:
    minimum, maximum = activation_range(op.activation, io.output)
    return {**broadcast_params(io), "output_minimum": minimum, "output_maximum": maximum}


def _kernels(name: str) -> tuple[Kernel, ...]:
    return (
        Kernel(f"{name}_generic", Isa.GENERIC, _lower),
        Kernel(f"{name}_s16_generic", Isa.GENERIC, _lower_s16),
        Kernel(f"{name}_shifts_s16_generic", Isa.GENERIC, _lower_shifts),
    )


Add.KERNELS = _kernels("add")
Sub.KERNELS = _kernels("sub")
