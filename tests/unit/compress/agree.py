from __future__ import annotations

from typing import Any

import numpy as np

from tinydeploy.frontend.float_model import from_keras
from tinydeploy.ir.graph import Array

SAMPLES = 3
FLOAT32_ERROR = 1e-5
FLOAT64_ERROR = 1e-11
"""What rounding may add up to, as relative_error() counts it."""


def samples_of(model: Any, seed: int = 1, count: int = SAMPLES) -> list[Array]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 1, (count, *x.shape[1:])).astype(x.dtype) for x in model.inputs]


def outputs_of(model: Any, inputs: list[Array]) -> list[Array]:
    return [np.asarray(y) for y in from_keras(model).call(inputs)]


def relative_error(expected: Any, actual: Any, seed: int = 1) -> float:
    """The largest difference between two models' outputs, as a share of the largest output."""
    inputs = samples_of(expected, seed)
    worst = 0.0
    for a, b in zip(outputs_of(expected, inputs), outputs_of(actual, inputs), strict=True):
        assert a.shape == b.shape
        # A tensor that is 0 throughout has no scale of its own.
        worst = max(worst, float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-3)))
    return worst
