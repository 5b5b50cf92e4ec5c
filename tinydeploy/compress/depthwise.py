"""k x k convolution → depthwise k x k and 1x1, the best fit of one for the other.

Source: Chollet, Xception: Deep Learning with Depthwise Separable Convolutions, 2017 (the form);
the fit is the truncated SVD of each input channel's kernels.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from tinydeploy.compress.pieces import (
    bias_of,
    conv_obstacle,
    depthwise,
    depthwise_obstacle,
    last_pointwise,
)
from tinydeploy.compress.record import Compressed
from tinydeploy.compress.rewrite import Weighted, rewrite
from tinydeploy.compress.size import MACS
from tinydeploy.compress.survey import record_chains, shapes_of, weighted_layers
from tinydeploy.errors import UsageError


def separate_convolutions(
    model: Any, multiplier: int = 1, skip: Collection[str] = ()
) -> Compressed:
    """Return a keras.Model whose convolutions are depthwise ones and 1x1 ones.

    Each input channel gets `multiplier` windows, those with the least squared error of the kernel.
    Bias, activation, strides, padding and dilation are kept. A layer that would not get fewer MACs
    is left alone, as are those in `skip`. Expect to train the model afterwards: one window a
    channel is a rough fit.

    Raises UsageError for a multiplier below 1 or an unknown name in `skip`, and what rewrite() and
    layer_macs() raise.
    """
    if multiplier < 1:
        raise UsageError(f"{multiplier} windows a channel are none", "Choose 1 or more.")
    traced = rewrite(model)
    layers = weighted_layers(traced, skip)
    notes: dict[str, str] = {}
    chains: dict[str, tuple[Weighted, ...]] = {}
    for name, layer in layers.items():
        notes[name] = "skipped" if name in skip else _obstacle(layer)
        if notes[name]:
            continue
        chain = separated(layer, multiplier)
        shapes = shapes_of(traced, name)
        before, after = (MACS.of_chain(parts, shapes) for parts in ((Weighted(layer),), chain))
        notes[name] = f"depthwise and 1x1, multiplier {multiplier}"
        if after < before:
            chains[name] = chain
        else:
            notes[name] += ", has not fewer MACs"
    records = record_chains(traced, layers, notes, chains)
    return Compressed(rewrite(traced.model, chains).model, records)


def separated(layer: Any, multiplier: int) -> tuple[Weighted, ...]:
    """Return the depthwise and the 1x1 layer for a Conv1D or Conv2D.

    They compute the same from multiplier = min(window size, filters) on, which the multiplier is
    cut to.
    """
    kernel = np.asarray(layer.get_weights()[0], np.float64)
    *window, inputs, outputs = kernel.shape
    by_input = kernel.reshape(-1, inputs, outputs).transpose(1, 0, 2)
    left, values, right = np.linalg.svd(by_input, full_matrices=False)
    count = min(multiplier, values.shape[1])
    windows = left[:, :, :count].transpose(1, 0, 2).reshape(*window, inputs, count)
    mixing = (values[:, :count, None] * right[:, :count]).reshape(inputs * count, outputs)
    pointwise = mixing.reshape(*(1,) * len(window), *mixing.shape)
    return (
        Weighted(depthwise(layer, count), (windows,)),
        Weighted(last_pointwise(layer), (pointwise, *bias_of(layer))),
    )


def _obstacle(layer: Any) -> str:
    if obstacle := conv_obstacle(layer) or depthwise_obstacle(layer):
        return obstacle
    return "a 1x1 convolution" if set(layer.kernel_size) == {1} else ""
