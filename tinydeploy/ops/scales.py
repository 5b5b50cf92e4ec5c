"""Ratios of scales as fixed-point multipliers, refused where the kernels can't follow."""

from __future__ import annotations

import numpy as np

from tinydeploy.ir.fixed_point import quantize_multiplier
from tinydeploy.ir.op import require


def float32_product(factor: float, *others: float, divisor: float) -> float:
    """factor · others / divisor in single precision, which is what the reference uses here."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        result = np.float32(factor)
        for other in others:
            result = np.float32(result * np.float32(other))
        return float(np.float32(result / np.float32(divisor)))


def multiplier_for(real: float, largest_value: int) -> tuple[int, int]:
    """`quantize_multiplier`, refused where `largest_value` times it leaves int32."""
    finite = bool(np.isfinite(real))
    require(finite and abs(real) * largest_value < 2**30, "the scales are too far apart")
    multiplier, shift = quantize_multiplier(real)
    require(largest_value << max(shift, 0) < 2**31, "the scales are too far apart")
    return multiplier, shift


def multiplier_below_one(real: float) -> tuple[int, int]:
    """`quantize_multiplier` of a number between 0 and 1, both excluded."""
    require(0.0 < real < 1.0, "the scales are too far apart")
    multiplier, shift = quantize_multiplier(real)
    require(shift <= 0, "the scales are too far apart")
    return multiplier, shift
