"""Second moments of what each layer reads, from calibration samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydeploy.compress.fold_batch_norm import scale_and_shift
from tinydeploy.compress.low_rank.factorization import Statistics
from tinydeploy.compress.observe import check_samples, observe
from tinydeploy.compress.rewrite import Rewritten
from tinydeploy.ir.graph import Array


def measure(
    traced: Rewritten, names: Sequence[str], samples: Sequence[Array]
) -> dict[str, Statistics]:
    """Return the statistics of the layers `names` (Dense, Conv1D, Conv2D) of a model.

    `samples` holds one array (samples, *shape) for each input of the model, in its order. Raises
    CalibrationError where they don't fit.
    """
    calls = [call for call in traced.calls if call.layer.name in names]
    if not calls:
        check_samples(traced.model, samples)
        return {}
    moments: dict[str, Array] = {}
    patch_counts: dict[str, int] = {}
    for values in observe(traced.model, [call.inputs[0] for call in calls], samples):
        for call, value in zip(calls, values, strict=True):
            patches = patches_of(call.layer, value)
            name = call.layer.name
            moments[name] = moments.get(name, 0) + (patches.T @ patches).astype(np.float64)
            patch_counts[name] = patch_counts.get(name, 0) + len(patches)
    return {
        name: Statistics(moments[name] / patch_counts[name], _output_scale(traced, name))
        for name in moments
    }


def patches_of(layer: Any, value: Array) -> Array:
    """Return all patches (patches, window * channels) that the kernel of `layer` is applied to."""
    if type(layer).__name__ == "Dense":
        return value.reshape(-1, value.shape[-1])
    axes = tuple(range(1, value.ndim - 1))
    spans = [
        (size - 1) * dilation + 1
        for size, dilation in zip(layer.kernel_size, layer.dilation_rate, strict=True)
    ]
    margins = [
        _padding(layer.padding, size, span, stride)
        for size, span, stride in zip(value.shape[1:-1], spans, layer.strides, strict=True)
    ]
    padded = np.pad(value, [(0, 0), *margins, (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, spans, axis=axes)
    steps = tuple(slice(None, None, stride) for stride in layer.strides)
    taps = tuple(slice(None, None, dilation) for dilation in layer.dilation_rate)
    chosen = (slice(None), *steps, slice(None), *taps)
    # From (batch, positions, channels, window) to the order of a kernel: window, channels.
    windows = np.moveaxis(windows[chosen], value.ndim - 1, -1)
    return windows.reshape(-1, int(np.prod(windows.shape[value.ndim - 1 :])))


def _padding(kind: str, size: int, span: int, stride: int) -> tuple[int, int]:
    if kind == "valid":
        return 0, 0
    if kind == "causal":
        return span - 1, 0
    total = max((-(-size // stride) - 1) * stride + span - size, 0)
    return total // 2, total - total // 2


def _output_scale(traced: Rewritten, name: str) -> Array:
    """The factor that the one normalization behind a layer applies; ones without it."""
    call = next(call for call in traced.calls if call.layer.name == name)
    channels = call.outputs[0].shape[-1]
    readers = [c for c in traced.calls if any(x is call.outputs[0] for x in c.inputs)]
    kinds = [type(reader.layer).__name__ for reader in readers]
    if kinds != ["BatchNormalization"] or readers[0].layer.axis not in (
        -1,
        len(call.outputs[0].shape) - 1,
    ):
        return np.ones(channels)
    return scale_and_shift(readers[0].layer)[0]
