"""Constants that bring a convolution's sums to its output, for kernels that prepare them all."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ops.activation import Activation, activation_range
from tinydeploy.ops.requantize import bias_of, channel_multipliers

_INT32_MAX = 2**31 - 1
_ROOM = 256
"""For the output's zero point: a sum this far from the limits can't wrap when it is added."""


@dataclass(frozen=True, slots=True, eq=False)
class Requantization:
    """What follows the sum of products, one value a channel; all arrays are int32.

    output = clamp(zero point + round(round(sum · multiplier / 2^31) / 2^right shift))

    A negative right shift shifts the sum left, before it is multiplied.
    """

    bias: Array
    """With -zero point · Σ weights folded in: products are those of raw inputs."""
    multipliers: Array
    right_shifts: Array
    zero_point: int
    minimum: int
    maximum: int

    @property
    def clips_negatives(self) -> bool:
        """A negative scaled sum becomes the minimum, by however little it is below 0."""
        return self.minimum >= self.zero_point


def requantization(
    io: NodeIO,
    activation: Activation,
    channel_weights: Array,
    amplifies: bool = False,
    *,
    rounds_once: bool = False,
) -> Requantization | None:
    """Constants for weights [output channels, products], or None.

    None for other activations than int8, where a factor is 1 or more (a left shift) unless the
    kernel `amplifies`, or where sums could come near the limits of 32 bits (only with a huge
    bias): a kernel may then count on neither to happen. A fully connected layer `rounds_once`.
    """
    if io.input(0).dtype is not DType.INT8:
        return None
    channels = io.output.shape[-1]
    multipliers, shifts = channel_multipliers(io, channels, rounds_once=rounds_once)
    if shifts.max(initial=0) > 0 and not amplifies:
        return None
    wide = channel_weights.astype(np.int64)
    bias = bias_of(io, channels).astype(np.int64) - io.input(0).zero_point * wide.sum(axis=1)
    largest = np.abs(bias) + 128 * np.abs(wide).sum(axis=1)
    if (largest << np.maximum(shifts, 0).astype(np.int64)).max(initial=0) > _INT32_MAX - _ROOM:
        return None
    minimum, maximum = activation_range(activation, io.output)
    return Requantization(
        bias=bias.astype(np.int32),
        multipliers=multipliers,
        right_shifts=-shifts.astype(np.int32),
        zero_point=io.output.zero_point,
        minimum=minimum,
        maximum=maximum,
    )
