"""Checks and constants that convolutions and fully connected layers share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.fixed_point import INT32_MAX, quantize_multipliers
from tinydeploy.ir.graph import Array, DType, NodeIO, Tensor
from tinydeploy.ir.op import require

LARGEST_FACTOR = 2.0**30
"""Above this the reference shifts a 32-bit integer by more than 31 bits: anything may come out."""


@dataclass(frozen=True, slots=True)
class _Limits:
    """What a layer with weights may hold, so that the kernels' sums are exact."""

    largest_input: int
    """Magnitude of an input minus its zero point."""
    largest_sum: int
    bias: DType
    bias_may_wrap: bool
    factor: float
    largest_scaled: float
    """Magnitude of a sum in the output's scale, before it is clamped."""


_LIMITS = {
    # Only the bias may wrap, as it does in the reference: the kernels sum products in int32.
    DType.INT8: _Limits(255, INT32_MAX, DType.INT32, True, LARGEST_FACTOR, math.inf),
    # The reference scales sums of up to 48 bits, by a shift of at most 7 bits to the left, and what
    # it makes of scaled sums beyond 32 bits follows no rule.
    DType.INT16: _Limits(32_768, 2**47 - 1, DType.INT64, False, 2.0**7, 2.0**30),
}


def require_activations(io: NodeIO, roles: Sequence[str] = ("input",)) -> None:
    """Require one type, int8 or symmetric int16, of the first inputs (`roles`) and the output."""
    kind = require_int16 if io.input(0).dtype is DType.INT16 else require_int8
    for index, role in enumerate(roles):
        kind(io.input(index), role)
    kind(io.output, "output")


def require_int16(tensor: Tensor, role: str) -> None:
    """Require an int16 tensor with one scale and the zero point 0."""
    require(tensor.dtype is DType.INT16, f"the {role} is {tensor.dtype.value}, not int16")
    quantization = tensor.quantization
    if quantization is None or quantization.per_channel:
        require(False, f"the {role} needs one scale")
    require(tensor.zero_point == 0, f"the {role} is int16 with a zero point other than 0")


def require_int8(tensor: Tensor, role: str) -> None:
    """Require an int8 tensor with one scale and a zero point that int8 can hold."""
    require(tensor.dtype is not DType.INT16, f"the {role} is int16; it has a kernel for int8 only")
    require(tensor.dtype is DType.INT8, f"the {role} is {tensor.dtype.value}, not int8")
    quantization = tensor.quantization
    if quantization is None or quantization.per_channel:
        require(False, f"the {role} needs one scale and zero point")
    require(-128 <= tensor.zero_point <= 127, f"the {role}'s zero point is outside int8")


def require_weights(io: NodeIO, channel_axis: int) -> None:
    """Require symmetric int8 weights and a bias that match input and output channels.

    The bias is int32 for int8 activations and int64 for int16.
    """
    weights, bias, limits = io.input(1), io.optional(2), _LIMITS[io.input(0).dtype]
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
            factor < limits.factor,
            f"input, weights and output scales make a factor of {factor:.3g}: too large",
        )
    if bias is not None:
        expected = limits.bias
        require(bias.dtype is expected, f"the bias is {bias.dtype.value}, not {expected.value}")
        require(bias.is_constant, "the bias is not constant")
        require(bias.size == channels, f"the bias has {bias.size} values for {channels} channels")
    others = tuple(axis for axis in range(len(weights.shape)) if axis != channel_axis)
    magnitudes = np.abs(weights.constant.astype(np.int16)).sum(axis=others, dtype=np.int64)
    sums = [int(magnitude) * limits.largest_input for magnitude in magnitudes]
    if bias is not None and not limits.bias_may_wrap:
        sums = [a + abs(b) for a, b in zip(sums, bias.constant.reshape(-1).tolist(), strict=True)]
    bits = limits.largest_sum.bit_length() + 1
    require(max(sums) <= limits.largest_sum, f"sums of its products could overflow {bits} bits")
    scaled = max(a * b for a, b in zip(sums, _factors(io, channels), strict=True))
    require(
        scaled < limits.largest_scaled,
        f"its output could be {scaled:.3g} steps of its scale: too large",
    )


def bias_of(io: NodeIO, channels: int) -> Array:
    """The bias, or zeros: int32 for int8 activations, int64 for int16."""
    bias, dtype = io.optional(2), _LIMITS[io.input(0).dtype].bias
    return np.zeros(channels, dtype.numpy) if bias is None else bias.constant.reshape(-1)


def channel_multipliers(
    io: NodeIO, channels: int, *, rounds_once: bool = False
) -> tuple[Array, Array]:
    """Q31 multipliers and shifts, one an output channel.

    The effective scale is input · weight / output in double precision, from float32 scales.
    A fully connected layer `rounds_once`, halves away from zero.
    """
    multipliers, shifts = quantize_multipliers(_factors(io, channels))
    return _away_from_zero(io, multipliers, shifts) if rounds_once else multipliers, shifts


def _away_from_zero(io: NodeIO, multipliers: Array, shifts: Array) -> Array:
    """These multipliers, so that rounding halves up rounds halves of negative sums down.

    So the reference does it in fully connected layers, whose factor it keeps as a double. Only
    factors of few bits, as those of scales of powers of two, make exact halves within the output's
    range. One more in the multiplier takes such sums just beyond the half, on both sides of zero,
    and no other sum that far while it is below the multiplier's last bit that isn't 0: all are that
    don't saturate, but for the smallest factors.
    """
    bits = 8 * io.output.dtype.numpy.itemsize
    wide = multipliers.astype(np.int64)
    last_bits = wide & -wide
    largest_sums = np.int64(1) << np.clip(bits + 1 - shifts.astype(np.int64), 0, 62)
    makes_halves = last_bits >= 1 << (29 - bits)
    nudged: Array = (wide + (makes_halves & (largest_sums < last_bits))).astype(np.int32)
    return nudged


def _factors(io: NodeIO, channels: int) -> list[float]:
    quantization = io.input(1).quantization
    scales = quantization.scales if quantization else ()
    factors = [io.input(0).scale * scale / io.output.scale for scale in scales]
    return factors if len(factors) == channels else factors * channels


def short_multipliers(io: NodeIO, channels: int) -> tuple[Array, Array]:
    """int16 multipliers and right shifts (8 to 46), one an output channel, of 16x8 convolutions.

    The reference rounds the Q31 multiplier to 16 bits there, so that 48 bits of sum fit beside it.
    """
    multipliers, shifts = channel_multipliers(io, channels)
    short = np.minimum((multipliers.astype(np.int64) + 2**15) >> 16, 2**15 - 1)
    return short.astype(np.int16), (15 - shifts.astype(np.int32)).astype(np.int8)
