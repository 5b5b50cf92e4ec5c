"""Checks and constants that convolutions and fully connected layers share."""

from __future__ import annotations

import numpy as np

from tinydeploy.ir.fixed_point import INT32_MAX, quantize_multipliers
from tinydeploy.ir.graph import Array, DType, NodeIO, Tensor
from tinydeploy.ir.op import require

_LARGEST_INPUT = 255  # an int8 minus its zero point
LARGEST_FACTOR = 2.0**30
"""Above this the reference shifts a 32-bit integer by more than 31 bits: anything may come out."""


def require_int8(tensor: Tensor, role: str) -> None:
    """Require an int8 tensor with one scale and a zero point that int8 can hold."""
    require(tensor.dtype is DType.INT8, f"the {role} is {tensor.dtype.value}, not int8")
    quantization = tensor.quantization
    if quantization is None or quantization.per_channel:
        require(False, f"the {role} needs one scale and zero point")
    require(-128 <= tensor.zero_point <= 127, f"the {role}'s zero point is outside int8")


def require_weights(io: NodeIO, channel_axis: int) -> None:
    """Require symmetric int8 weights and an int32 bias that match the output channels."""
    weights, bias = io.input(1), io.optional(2)
    channels = weights.shape[channel_axis]
    require(weights.dtype is DType.INT8, f"the weights are {weights.dtype.value}, not int8")
    require(weights.is_constant, "the weights are not constant")
    quantization = weights.quantization
    if quantization is None:
        require(False, "the weights have no scale")
    else:
        require(not any(quantization.zero_points), "the weights are not symmetric (zero point 0)")
        sound = not quantization.per_channel or quantization.axis == channel_axis
        require(sound, "the weights' scales are not per output channel")
        factor = io.input(0).scale * max(quantization.scales) / io.output.scale
        require(
            factor < LARGEST_FACTOR,
            f"input, weights and output scales make a factor of {factor:.3g}: too large",
        )
    # Only the bias may wrap, as it does in the reference: the kernels sum products in int32.
    magnitudes = np.abs(weights.constant.astype(np.int16))
    others = tuple(axis for axis in range(len(weights.shape)) if axis != channel_axis)
    largest_sum = int(magnitudes.sum(axis=others, dtype=np.int64).max()) * _LARGEST_INPUT
    require(largest_sum <= INT32_MAX, "sums of its products could overflow 32 bits")
    if bias is not None:
        require(bias.dtype is DType.INT32, f"the bias is {bias.dtype.value}, not int32")
        require(bias.is_constant, "the bias is not constant")
        require(bias.size == channels, f"the bias has {bias.size} values for {channels} channels")


def bias_of(io: NodeIO, channels: int) -> Array:
    """The int32 bias, or zeros."""
    bias = io.optional(2)
    return np.zeros(channels, np.int32) if bias is None else bias.constant.reshape(-1)


def channel_multipliers(io: NodeIO, channels: int) -> tuple[Array, Array]:
    """Q31 multipliers and shifts, one an output channel.

    The effective scale is input · weight / output in double precision, from float32 scales.
    """
    quantization = io.input(1).quantization
    scales = quantization.scales if quantization else ()
    factors = [io.input(0).scale * scale / io.output.scale for scale in scales]
    return quantize_multipliers(factors if len(factors) == channels else factors * channels)
