"""Ratios of scales as fixed-point multipliers, refused where the kernels can't follow."""

from __future__ import annotations

import math

import numpy as np

from tinydeploy.ir.fixed_point import quantize_multiplier
from tinydeploy.ir.op import require
from tinydeploy.ops.requantize import LARGEST_FACTOR


def float32_product(factor: float, *others: float, divisor: float) -> float:
    """factor · others / divisor in single precision, which is what the reference uses here."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        result = np.float32(factor)
        for other in others:
            result = np.float32(result * np.float32(other))
        return float(np.float32(result / np.float32(divisor)))


def multiplier_for(real: float) -> tuple[int, int]:
    """`quantize_multiplier`, refused where the reference would shift by more than 31 bits."""
    sound = math.isfinite(real) and abs(real) < LARGEST_FACTOR
    require(sound, f"the scales make a factor of {real:.3g}: too large")
    return quantize_multiplier(real)


def multiplier_below_one(real: float) -> tuple[int, int]:
    """`quantize_multiplier` of a number between 0 and 1, both excluded."""
    multiplier, shift = quantize_multiplier(real) if 0.0 < real < 1.0 else (0, 1)
    require(shift <= 0, f"the scales make a factor of {real:.3g}, which must be between 0 and 1")
    return multiplier, shift
