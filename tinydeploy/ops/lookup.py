"""Operators that map each 8-bit value by itself: all of them are one table of 256 bytes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO, Tensor
from tinydeploy.ir.op import Call, Isa, Kernel, Op, require

RANGE = {DType.INT8: (-128, 127), DType.UINT8: (0, 255)}
"""Smallest and largest value of the 8-bit types."""

Function = Callable[[int], int]


def require_8_bit(tensor: Tensor, role: str) -> None:
    """Require int8 or uint8 with one scale and a zero point that the type can hold."""
    require(tensor.dtype is not DType.INT16, f"the {role} is int16; it has a kernel for int8 only")
    require(tensor.dtype in RANGE, f"the {role} is {tensor.dtype.value}, not int8 or uint8")
    quantization = tensor.quantization
    affine = quantization is not None and not quantization.per_channel
    require(affine, f"the {role} needs one scale and zero point")
    lowest, highest = RANGE[tensor.dtype]
    require(
        lowest <= tensor.zero_point <= highest,
        f"the {role}'s zero point is outside {tensor.dtype.value}",
    )


def check_unary(io: NodeIO) -> None:
    """Require one input and one output of the same shape."""
    require(len(io.inputs) == 1 and io.inputs[0] is not None, "it needs one input")
    require(len(io.outputs) == 1, "it needs one output")
    shapes = io.input(0).shape, io.output.shape
    require(shapes[0] == shapes[1], f"shape {list(shapes[0])} can't become {list(shapes[1])}")


@dataclass(frozen=True, slots=True)
class LookupOp(Op):
    """An operator with one 8-bit input and an output of the same type and shape."""

    @abstractmethod
    def function(self, io: NodeIO) -> Function:
        """From a stored input value to the stored output value, before it is clamped to 8 bits.

        Raises OpError where the quantization parameters don't allow it.
        """

    def check(self, io: NodeIO) -> None:
        check_unary(io)
        require_8_bit(io.input(0), "input")
        require_8_bit(io.output, "output")
        require(io.input(0).dtype is io.output.dtype, "input and output differ in type")
        self.function(io)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return (0,)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        data = io.input(0).data
        if data is None:
            return None
        values = table_of(self.function(io), io)[data.reshape(-1).view(np.uint8)]
        return (values.view(io.output.dtype.numpy).reshape(io.output.shape),)


def table_of(function: Function, io: NodeIO) -> Array:
    """The 256 output bytes of `function`, in the order of the input read as uint8."""
    table = np.zeros(256, np.uint8)
    first, last = RANGE[io.input(0).dtype]
    lowest, highest = RANGE[io.output.dtype]
    for value in range(first, last + 1):
        table[value % 256] = min(max(function(value), lowest), highest) % 256
    return table


def lower_lookup(op: LookupOp, io: NodeIO) -> tuple[Call, ...] | None:
    """One call of td_lookup, or None for wider types than 8 bits."""
    if io.input(0).dtype not in RANGE:
        return None
    return (lookup_call(op.function(io), io),)


def lookup_call(function: Function, io: NodeIO) -> Call:
    """The call of td_lookup that computes `function`."""
    return Call("td_lookup", {"count": io.output.size, "table": table_of(function, io)})


LookupOp.KERNELS = (Kernel("lookup", Isa.GENERIC, lower_lookup),)
