"""FULLY_CONNECTED: a matrix times the flattened input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.activation import Activation, activation_range, read_activation
from tinydeploy.ops.requantize import (
    bias_of,
    channel_multipliers,
    require_activations,
    require_weights,
)


@dataclass(frozen=True, slots=True)
class FullyConnected(Op):
    """Input [..., depth]; weights [outputs, depth]; output [..., outputs]."""

    activation: Activation = Activation.NONE

    NAME: ClassVar[str] = "FULLY_CONNECTED"

    @classmethod
    def read(cls, raw: RawOperator) -> FullyConnected:
        require(raw.options.get("WeightsFormat", 0) == 0, "shuffled weights are not supported")
        return cls(read_activation(raw.options.get("FusedActivationFunction", 0)))

    def check(self, io: NodeIO) -> None:
        source, weights, output = io.input(0), io.input(1), io.output
        require_activations(io)
        activation_range(self.activation, output)
        require(len(weights.shape) == 2, "the weights must have 2 dimensions")
        require_weights(io, channel_axis=0)
        outputs, depth = weights.shape
        is_whole = source.size % depth == 0 and output.size == source.size // depth * outputs
        require(
            is_whole and output.shape[-1:] == (outputs,),
            f"weights {list(weights.shape)} don't match input {list(source.shape)} "
            f"and output {list(output.shape)}",
        )

    def macs(self, io: NodeIO) -> int:
        return io.output.size * io.input(1).shape[1]


def _lower(op: FullyConnected, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT8:
        return None
    zero_points = {
        "input_zero_point": io.input(0).zero_point,
        "output_zero_point": io.output.zero_point,
    }
    return (Call("td_fully_connected_s8", _params(op, io) | zero_points),)


def _lower_s16(op: FullyConnected, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT16:
        return None
    return (Call("td_fully_connected_s16", _params(op, io)),)


def _params(op: FullyConnected, io: NodeIO) -> dict[str, Any]:
    """The fields that do not depend on the type of the activations."""
    source, weights = io.input(0), io.input(1)
    outputs, depth = weights.shape
    multipliers, shifts = channel_multipliers(io, outputs, rounds_once=True)
    minimum, maximum = activation_range(op.activation, io.output)
    return {
        "batches": source.size // depth,
        "depth": depth,
        "outputs": outputs,
        "output_minimum": minimum,
        "output_maximum": maximum,
        "weights": weights.constant,
        "bias": bias_of(io, outputs),
        "multipliers": multipliers,
        "shifts": shifts,
    }


FullyConnected.KERNELS = (
    Kernel("fully_connected_generic", Isa.GENERIC, _lower),
    Kernel("fully_connected_s16_generic", Isa.GENERIC, _lower_s16),
)
