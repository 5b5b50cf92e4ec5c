"""Turns real values into a model's integers and back, and makes random inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydeploy.errors import InternalError

if TYPE_CHECKING:
    from tinydeploy.frontend.specs import TensorSpec
    from tinydeploy.ir.graph import Array

_FLOAT_SPAN = 8.0


def quantize_input(values: Array, spec: TensorSpec) -> Array:
    """Return real `values` (any shape) as the type of `spec`, saturated to its range.

    Rounds halves to even with np.round, as TensorFlow Lite's own Python examples do. (The QUANTIZE
    kernel rounds halves away from zero: the two differ only on exact halves.) The division is in
    float32, as there. A tensor that isn't quantized is only cast.
    """
    dtype = np.dtype(spec.dtype)
    if not spec.is_quantized:
        return _cast(values, dtype)
    limits = np.iinfo(dtype)
    scaled = np.round(np.asarray(values, np.float32) / np.float32(spec.scale))
    # float64 holds every integer of an int32 exactly, and the sum with the zero point.
    shifted = scaled.astype(np.float64) + spec.zero_point
    return np.asarray(np.clip(shifted, limits.min, limits.max), dtype)


def _cast(values: Array, dtype: np.dtype[Any]) -> Array:
    if dtype.kind not in "iu":
        return np.asarray(values, dtype)
    limits = np.iinfo(dtype)
    rounded = np.round(np.asarray(values, np.float64))
    return np.asarray(np.clip(rounded, limits.min, limits.max), dtype)


def dequantize(values: Array, spec: TensorSpec) -> Array:
    """Return integer `values` of the tensor `spec` as float32 in real units."""
    if not spec.is_quantized:
        return np.asarray(values).astype(np.float32)
    centred = np.asarray(values).astype(np.float64) - spec.zero_point
    return (centred * spec.scale).astype(np.float32)


def to_model_input(sample: Array, spec: TensorSpec) -> Array:
    """Return one `sample` in the shape of `spec` (batch 1) and its type.

    A sample that already has the type of a quantized input is taken as raw integers.
    """
    raw = spec.is_quantized and sample.dtype == np.dtype(spec.dtype)
    values = sample if raw else quantize_input(sample, spec)
    return np.ascontiguousarray(values.reshape(spec.shape))


def random_inputs(specs: Sequence[TensorSpec], count: int, seed: int) -> list[tuple[Array, ...]]:
    """Return `count` random samples, each one array per input, reproducible by `seed`.

    Integers cover the whole range of their type; float32 lies within ±8 (or what the scale spans).
    """
    random = np.random.default_rng(seed)
    return [tuple(_random_array(spec, random) for spec in specs) for _ in range(count)]


def _random_array(spec: TensorSpec, random: np.random.Generator) -> Array:
    dtype = np.dtype(spec.dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        return random.integers(limits.min, limits.max, spec.shape, dtype, endpoint=True)
    if dtype.kind == "b":
        return random.integers(0, 2, spec.shape).astype(dtype)
    if dtype.kind == "f":
        span = 128 * spec.scale if spec.is_quantized else _FLOAT_SPAN
        return random.uniform(-span, span, spec.shape).astype(dtype)
    raise InternalError(f'input "{spec.name}" has type {spec.dtype}: no random values for it')
