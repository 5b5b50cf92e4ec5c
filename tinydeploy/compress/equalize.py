"""Cross-layer equalization: channels of one tensor get like ranges, and the model infers the same.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", arXiv
1906.04721, section 4.1. A ReLU lets a positive factor through: what one layer's channel is divided
by, the next layer's weights for it are multiplied with. So does an addition, if the channels that
it adds get the same one: unlike the paper's, these factors cross residuals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.rewrite import Weighted, rewrite
from tinydeploy.compress.scalable_channels import ScalableChannels, scalable_channels
from tinydeploy.compress.wiring import like
from tinydeploy.ir.graph import Array

_ROUNDS = 50
_CLOSE = 1e-3


@dataclass(frozen=True, slots=True)
class Equalized:
    """The model, and the names of the layers whose channels were scaled.

    A pair: those that make the channels, in the model's order, and those that read them.
    """

    model: Any
    pairs: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


def equalize(model: Any) -> Equalized:
    """Return a keras.Model that infers the same, with weights of like ranges in its layers.

    Batch normalizations are folded first. Channels are scaled between convolutions and dense layers
    with nothing but ReLU, leaky ReLU, additions, pooling and padding between them. Differences are
    rounding errors of float32. Errors: see rewrite().
    """
    traced = rewrite(fold_batch_norm(model).model)
    found = scalable_channels(traced)
    layers = {layer.name: layer for one in found for layer in (*one.makers, *one.readers)}
    weights = {
        name: [np.array(w, np.float64) for w in layer.get_weights()]
        for name, layer in layers.items()
    }
    for _ in range(_ROUNDS):
        changes = [_balance(one, weights) for one in found]
        if max(changes, default=0.0) < _CLOSE:
            break
    chains: dict[str, Sequence[Weighted]] = {
        name: (Weighted(like(layer), tuple(weights[name])),) for name, layer in layers.items()
    }
    pairs = tuple((_names(one.makers), _names(one.readers)) for one in found)
    return Equalized(rewrite(traced.model, chains).model, pairs)


def _names(layers: Sequence[Any]) -> tuple[str, ...]:
    return tuple(layer.name for layer in layers)


def _balance(channels: ScalableChannels, weights: dict[str, list[Array]]) -> float:
    """Scale the channels in place; return the largest |log factor|."""
    count = channels.count
    made = [weights[layer.name][0].reshape(-1, count) for layer in channels.makers]
    read = [_by_channel_read(weights[layer.name][0], count) for layer in channels.readers]
    before = np.max([np.abs(kernel).max(axis=0) for kernel in made], axis=0)
    after = np.max([np.abs(kernel).max(axis=(0, 2)) for kernel in read], axis=0)
    # A channel that is always 0, or that nothing reads, has no range to speak of.
    known = (before > 0) & (after > 0)
    factors = np.ones(count)
    factors[known] = np.sqrt(before[known] / after[known])
    biases = [bias for layer in channels.makers for bias in weights[layer.name][1:]]
    for view in (*made, *biases):
        np.divide(view, factors, out=view)
    for view in read:
        np.multiply(view, factors[:, None], out=view)
    return float(np.abs(np.log(factors)).max())


def _by_channel_read(kernel: Array, count: int) -> Array:
    """A view (…, channels, outputs).

    The channels that a kernel reads are its last axis but one, of a depthwise kernel too. A dense
    layer behind a Flatten reads them at one position after the other.
    """
    return kernel.reshape(-1, count, kernel.shape[-1])
