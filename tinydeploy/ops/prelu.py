"""PRELU: a leaky rectifier whose slope is a tensor, most often one value a channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator, require
from tinydeploy.ops.broadcast import broadcast_params, check_broadcast
from tinydeploy.ops.requantize import require_int8
from tinydeploy.ops.scales import float32_product, multiplier_for


@dataclass(frozen=True, slots=True)
class Prelu(Op):
    """Input 0 where it is positive, input 0 · input 1 (alpha, broadcast) elsewhere."""

    NAME: ClassVar[str] = "PRELU"

    @classmethod
    def read(cls, raw: RawOperator) -> Prelu:
        return cls()

    def check(self, io: NodeIO) -> None:
        check_broadcast(io)
        require_int8(io.input(0), "input")
        require_int8(io.input(1), "slope (alpha)")
        require_int8(io.output, "output")
        require(io.input(0).shape == io.output.shape, "the slope (alpha) enlarges the input")
        _multipliers(io)

    def in_place(self, io: NodeIO) -> tuple[int, ...]:
        return (0,)


def _multipliers(io: NodeIO) -> tuple[tuple[int, int], tuple[int, int]]:
    """(multiplier, shift) of positive and of negative values."""
    source, alpha, output = io.input(0).scale, io.input(1).scale, io.output.scale
    return (
        multiplier_for(float32_product(source, divisor=output)),
        multiplier_for(float32_product(source, alpha, divisor=output)),
    )


def _lower(_op: Prelu, io: NodeIO) -> tuple[Call, ...]:
    positive, negative = _multipliers(io)
    params: dict[str, Any] = {
        **broadcast_params(io),
        "input_zero_point": io.input(0).zero_point,
        "alpha_zero_point": io.input(1).zero_point,
        "output_zero_point": io.output.zero_point,
        "positive_multiplier": positive[0],
        "positive_shift": positive[1],
        "negative_multiplier": negative[0],
        "negative_shift": negative[1],
    }
    return (Call("td_prelu_s8", params, (Input(0), Input(1), Output())),)


Prelu.KERNELS = (Kernel("prelu_generic", Isa.GENERIC, _lower),)
