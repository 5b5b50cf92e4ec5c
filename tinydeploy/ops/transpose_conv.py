"""TRANSPOSE_CONV: a convolution run backwards, which enlarges the image."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator, require
from tinydeploy.ops.activation import Activation, activation_range, read_activation
from tinydeploy.ops.movement import constant_integers
from tinydeploy.ops.requantize import (
    bias_of,
    channel_multipliers,
    require_int8,
    require_weights,
)
from tinydeploy.ops.window import Window, check_window, read_window_over


@dataclass(frozen=True, slots=True)
class TransposeConv(Op):
    """Inputs: output shape, weights [output channels, height, width, input channels], NHWC image.

    `window` slides over the output, as it would in the convolution that this one undoes.
    """

    window: Window
    activation: Activation

    NAME: ClassVar[str] = "TRANSPOSE_CONV"

    @classmethod
    def read(cls, raw: RawOperator) -> TransposeConv:
        shape, weights = constant_integers(raw, 0, "output shape"), raw.io.input(1)
        require(len(weights.shape) == 4, "the weights must have 4 dimensions")
        require(
            len(shape) == 4 and shape == raw.io.output.shape,
            f"the output's shape is {list(raw.io.output.shape)}, not {list(shape)}",
        )
        return cls(
            window=read_window_over(
                raw, (shape[1], shape[2]), (weights.shape[1], weights.shape[2])
            ),
            activation=read_activation(raw.options.get("FusedActivationFunction", 0)),
        )

    def check(self, io: NodeIO) -> None:
        source, weights, output = io.input(2), io.input(1), io.output
        require_int8(source, "input")
        require_int8(output, "output")
        activation_range(self.activation, output)
        require_weights(_as_convolution(io), channel_axis=0)
        require(len(source.shape) == len(output.shape) == 4, "input and output must be NHWC")
        require(len(weights.shape) == 4, "the weights must have 4 dimensions")
        require(weights.shape[3] == source.shape[3], "weights and input differ in channels")
        require(weights.shape[0] == output.shape[3], "weights and output differ in channels")
        require(output.shape[0] == source.shape[0], "input and output differ in batch size")
        kernel = (weights.shape[1], weights.shape[2])
        check_window(self.window, output.shape, kernel, source.shape)

    def macs(self, io: NodeIO) -> int:
        return io.input(2).size * math.prod(io.input(1).shape[:3])


def _as_convolution(io: NodeIO) -> NodeIO:
    """The tensors in a convolution's order: image, weights, bias."""
    return NodeIO((io.input(2), io.input(1), io.optional(3)), io.outputs)


def _lower(op: TransposeConv, io: NodeIO) -> tuple[Call, ...]:
    source, weights, output = io.input(2), io.input(1), io.output
    channels = output.shape[3]
    multipliers, shifts = channel_multipliers(_as_convolution(io), channels)
    minimum, maximum = activation_range(op.activation, output)
    params = {
        "batches": source.shape[0],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "input_channels": source.shape[3],
        "output_height": output.shape[1],
        "output_width": output.shape[2],
        "output_channels": channels,
        "kernel_height": weights.shape[1],
        "kernel_width": weights.shape[2],
        "stride_height": op.window.stride[0],
        "stride_width": op.window.stride[1],
        "padding_top": op.window.padding_before[0],
        "padding_left": op.window.padding_before[1],
        "input_zero_point": source.zero_point,
        "output_zero_point": output.zero_point,
        "output_minimum": minimum,
        "output_maximum": maximum,
        "weights": weights.constant,
        "bias": bias_of(_as_convolution(io), channels),
        "multipliers": multipliers,
        "shifts": shifts,
    }
    return (Call("td_transpose_conv_s8", params, (Input(2), Output())),)


TransposeConv.KERNELS = (Kernel("transpose_conv_generic", Isa.GENERIC, _lower),)
