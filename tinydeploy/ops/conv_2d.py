"""CONV_2D: convolution with any stride, dilation, padding and number of groups."""

from __future__ import annotations

import math
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
    short_multipliers,
)
from tinydeploy.ops.window import Window, check_window, read_window


@dataclass(frozen=True, slots=True)
class Conv2D(Op):
    """Input NHWC; weights [output channels, kernel height, kernel width, input channels/groups]."""

    window: Window
    activation: Activation = Activation.NONE

    NAME: ClassVar[str] = "CONV_2D"

    @classmethod
    def read(cls, raw: RawOperator) -> Conv2D:
        weights = raw.io.input(1)
        require(len(weights.shape) == 4, "the weights must have 4 dimensions")
        return cls(
            window=read_window(raw, (weights.shape[1], weights.shape[2])),
            activation=read_activation(raw.options.get("FusedActivationFunction", 0)),
        )

    def check(self, io: NodeIO) -> None:
        source, weights, output = io.input(0), io.input(1), io.output
        require_activations(io)
        activation_range(self.activation, output)
        require_weights(io, channel_axis=0)
        require(len(source.shape) == len(output.shape) == 4, "input and output must be NHWC")
        check_window(self.window, source.shape, (weights.shape[1], weights.shape[2]), output.shape)
        channels, depth = weights.shape[0], weights.shape[3]
        require(
            source.shape[3] % depth == 0 and channels % (source.shape[3] // depth) == 0,
            f"weights {list(weights.shape)} don't divide {source.shape[3]} input channels",
        )
        require(output.shape[3] == channels, "weights and output differ in channels")
        require(output.shape[0] == source.shape[0], "input and output differ in batch size")

    def macs(self, io: NodeIO) -> int:
        return io.output.size * math.prod(io.input(1).shape[1:])


def _lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT8:
        return None
    multipliers, shifts = channel_multipliers(io, io.output.shape[3])
    params = {
        **_params(op, io),
        "input_zero_point": io.input(0).zero_point,
        "output_zero_point": io.output.zero_point,
        "multipliers": multipliers,
        "shifts": shifts,
    }
    return (Call("td_conv_2d_s8", params),)


def _lower_s16(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT16:
        return None
    multipliers, right_shifts = short_multipliers(io, io.output.shape[3])
    params = {**_params(op, io), "multipliers": multipliers, "right_shifts": right_shifts}
    return (Call("td_conv_2d_s16", params),)


def _params(op: Conv2D, io: NodeIO) -> dict[str, Any]:
    """The fields that do not depend on the type of the activations."""
    source, weights, output = io.input(0), io.input(1), io.output
    channels = output.shape[3]
    minimum, maximum = activation_range(op.activation, output)
    return {
        "batches": source.shape[0],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "input_channels": source.shape[3],
        "output_height": output.shape[1],
        "output_width": output.shape[2],
        "output_channels": channels,
        "kernel_height": weights.shape[1],
        "kernel_width": weights.shape[2],
        "group_channels": weights.shape[3],
        "group_outputs": channels // (source.shape[3] // weights.shape[3]),
        "stride_height": op.window.stride[0],
        "stride_width": op.window.stride[1],
        "dilation_height": op.window.dilation[0],
        "dilation_width": op.window.dilation[1],
        "padding_top": op.window.padding_before[0],
        "padding_left": op.window.padding_before[1],
        "output_minimum": minimum,
        "output_maximum": maximum,
        "weights": weights.constant,
        "bias": bias_of(io, channels),
    }


Conv2D.KERNELS = (
    Kernel("conv_2d_generic", Isa.GENERIC, _lower),
    Kernel("conv_2d_s16_generic", Isa.GENERIC, _lower_s16),
)
