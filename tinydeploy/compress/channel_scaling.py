"""Layers that give each channel a scale and a shift, whatever they are called."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinydeploy.compress.fold_batch_norm import scale_and_shift
from tinydeploy.compress.macs import Shape
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Array

SCALINGS = ("BatchNormalization", "Normalization", "Rescaling")


def channel_scaling(layer: Any, shape: Shape) -> tuple[Array, Array]:
    """Return (scale, shift), each of shape (channels,): what one of SCALINGS infers.

    y = scale * x + shift, for an input of `shape`. Raises UnsupportedModelError where the values
    are not one for each channel, the last axis of `shape`, or one for all.
    """
    known = {
        "BatchNormalization": scale_and_shift,
        "Normalization": _adapted,
        "Rescaling": _rescaling,
    }
    channels, kind = int(shape[-1] or 0), type(layer).__name__
    found = [np.asarray(x, np.float64) for x in known[kind](layer)]
    is_last = kind != "BatchNormalization" or layer.axis in (-1, len(shape) - 1)
    if not is_last or not all(x.size == 1 or x.size == channels == x.shape[-1] for x in found):
        raise UnsupportedModelError(
            f'layer "{layer.name}" ({kind}) does not scale the channels of the last axis',
            "Let the channels come last: axis=-1.",
        )
    scale, shift = (np.broadcast_to(x.ravel(), (channels,)) for x in found)
    return scale, shift


def _adapted(layer: Any) -> tuple[Array, Array]:
    mean, variance = (np.asarray(x, np.float64) for x in (layer.mean, layer.variance))
    deviation = np.maximum(np.sqrt(variance), import_keras().config.epsilon())
    return (deviation, mean) if layer.invert else (1 / deviation, -mean / deviation)


def _rescaling(layer: Any) -> tuple[Any, Any]:
    return layer.scale, layer.offset
