"""Fused activations: a clamp of the quantized output."""

from __future__ import annotations

import math
from enum import Enum

import numpy as np

from tinydeploy.ir.graph import DType, Tensor
from tinydeploy.ir.op import OpError, require


class Activation(Enum):
    """The value is the number in the TFLite schema (ActivationFunctionType)."""

    NONE = 0
    RELU = 1
    RELU_N1_TO_1 = 2
    RELU6 = 3


_REAL_RANGE = {
    Activation.NONE: (-math.inf, math.inf),
    Activation.RELU: (0.0, math.inf),
    Activation.RELU_N1_TO_1: (-1.0, 1.0),
    Activation.RELU6: (0.0, 6.0),
}
_LIMIT = 2.0**31 - 256  # room for the zero point
_INTEGER_RANGE = {DType.INT8: (-128, 127), DType.UINT8: (0, 255), DType.INT16: (-32768, 32767)}


def read_activation(number: int) -> Activation:
    """The fused activation of a schema number. Raises OpError."""
    try:
        return Activation(number)
    except ValueError:
        raise OpError(f"fused activation {number} can't be computed in integers") from None


def activation_range(activation: Activation, output: Tensor) -> tuple[int, int]:
    """The quantized clamp (minimum, maximum) of `activation` at `output`.

    Raises OpError where the scale is so small that the reference's conversion overflows.
    """
    lowest, highest = _INTEGER_RANGE[output.dtype]
    real_low, real_high = _REAL_RANGE[activation]
    if math.isfinite(real_low):
        lowest = max(lowest, quantize(real_low, output))
    if math.isfinite(real_high):
        highest = min(highest, quantize(real_high, output))
    return lowest, highest


def quantize(real: float, tensor: Tensor) -> int:
    """`real` in the tensor's scale: float32 division, rounded half away from zero."""
    exact = real / tensor.scale
    require(abs(exact) < _LIMIT, f"{real:g} is too large for the output's scale {tensor.scale:.3g}")
    # A double's quotient rounded to float32 is the float32 quotient.
    ratio = np.float32(exact)
    rounded = math.floor(abs(float(ratio)) + 0.5)
    return tensor.zero_point + (rounded if ratio >= 0 else -rounded)
