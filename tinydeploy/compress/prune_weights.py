"""Unstructured pruning: single weights become 0, wherever in a layer they are.

Han et al., "Learning both Weights and Connections for Efficient Neural Networks", arXiv 1506.02626.
Dense kernels multiply the zeros like any other weight and flash holds them: on a microcontroller it
gains nothing but a smaller compressed file. For that, prune_channels() is there.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from tinydeploy.compress.macs import layer_macs
from tinydeploy.compress.record import Compressed, LayerRecord
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.wiring import WEIGHTED, weights_of
from tinydeploy.errors import UsageError
from tinydeploy.ir.graph import Array

_MOST = 127


def prune_weights(model: Any, factor: float) -> Compressed:
    """Return a keras.Model with `factor` times fewer weights that aren't 0, the smallest gone.

    Weights compare within their layer, by magnitude; biases stay. They stay 0 in further training
    of the returned model, by a constraint that its file doesn't have.

    Raises UsageError for a factor below 1, and what rewrite() and layer_macs() raise.
    """
    if not factor >= 1:
        raise UsageError(f"{factor} times fewer weights would be more", "Choose 1 or more.")
    traced = rewrite(model)
    records: list[LayerRecord] = []
    for layer in {call.layer.name: call.layer for call in traced.calls}.values():
        if type(layer).__name__ not in WEIGHTED:
            continue
        kernel, *bias = weights_of(layer)
        mask = _largest(kernel, factor)
        layer.set_weights([kernel * mask, *bias])
        layer.weights[0].constraint = _times(mask)
        macs = sum(layer_macs(layer, c.inputs[0].shape) for c in traced.calls if c.layer is layer)
        weights = kernel.size + sum(b.size for b in bias)
        note = _note(kernel, kernel * mask)
        records.append(LayerRecord(layer.name, True, note, macs, macs, weights, weights))
    return Compressed(traced.model, tuple(records))


def _largest(kernel: Array, factor: float) -> Array:
    """A mask, 1 for the weights that stay."""
    count = max(1, round(kernel.size / factor))
    mask = np.zeros(kernel.size, kernel.dtype)
    mask[np.argsort(-np.abs(kernel), axis=None, kind="stable")[:count]] = 1
    return mask.reshape(kernel.shape)


def _times(mask: Array) -> Callable[[Any], Any]:
    return lambda kernel: kernel * mask


def _note(before: Array, after: Array) -> str:
    return (
        f"{np.mean(after == 0):.0%} of the weights are 0; flash and instructions stay the same; "
        f"zipped as int8 {_zipped_bytes(before):,} B → {_zipped_bytes(after):,} B"
    )


def _zipped_bytes(kernel: Array) -> int:
    steps = np.round(kernel / (np.abs(kernel).max() or 1) * _MOST).astype(np.int8)
    return len(zlib.compress(steps.tobytes(), level=9))
