"""Cross-layer equalization: channels of one tensor get like ranges, and the model infers the same.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", arXiv
1906.04721, section 4.1. A ReLU lets a positive factor through: what one layer's channel is divided
by, the next layer's weights for it are multiplied with.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.rewrite import Rewritten, Weighted, rewrite
from tinydeploy.compress.wiring import WEIGHTED, activation_name, call_counts, like, sole_reader
from tinydeploy.ir.graph import Array

_ROUNDS = 50
_CLOSE = 1e-3
# f(s x) = s f(x) for any s > 0.
_HOMOGENEOUS = ("linear", "relu", "leaky_relu")
_PASSING = (
    *("AveragePooling1D", "AveragePooling2D", "Cropping1D", "Cropping2D", "Flatten"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D"),
    *("GlobalMaxPooling2D", "LeakyReLU", "MaxPooling1D", "MaxPooling2D", "UpSampling1D"),
    *("UpSampling2D", "ZeroPadding1D", "ZeroPadding2D"),
)


@dataclass(frozen=True, slots=True)
class Equalized:
    """The model, and the names of the layers between which channels were scaled."""

    model: Any
    pairs: tuple[tuple[str, str], ...]


def equalize(model: Any) -> Equalized:
    """Return a keras.Model that infers the same, with weights of like ranges in its layers.

    Batch normalizations are folded first. A pair is a convolution or dense layer and the one that
    alone reads it, through nothing but ReLU, leaky ReLU, pooling and padding. Differences are
    rounding errors of float32. Errors: see rewrite().
    """
    traced = rewrite(fold_batch_norm(model).model)
    pairs = list(_pairs(traced))
    layers = {layer.name: layer for pair in pairs for layer in pair}
    weights = {
        name: [np.array(w, np.float64) for w in layer.get_weights()]
        for name, layer in layers.items()
    }
    for _ in range(_ROUNDS):
        changes = [_balance(weights[a.name], _made(a), weights[b.name]) for a, b in pairs]
        if max(changes, default=0.0) < _CLOSE:
            break
    chains: dict[str, Sequence[Weighted]] = {
        name: (Weighted(like(layer), tuple(weights[name])),) for name, layer in layers.items()
    }
    names = tuple((first.name, second.name) for first, second in pairs)
    return Equalized(rewrite(traced.model, chains).model, names)


def _pairs(traced: Rewritten) -> Iterator[tuple[Any, Any]]:
    counts = call_counts(traced)
    for call in traced.calls:
        if not _is_plain(call.layer) or activation_name(call.layer) not in _HOMOGENEOUS:
            continue
        reader = sole_reader(traced, call)
        while reader is not None and _lets_factors_through(reader.layer):
            reader = sole_reader(traced, reader)
        # A layer that is called twice would scale both tensors.
        if reader is None or not _is_plain(reader.layer):
            continue
        if counts[call.layer.name] == counts[reader.layer.name] == 1:
            yield call.layer, reader.layer


def _is_plain(layer: Any) -> bool:
    is_known = type(layer).__name__ in WEIGHTED and getattr(layer, "groups", 1) == 1
    return is_known and getattr(layer, "data_format", "channels_last") == "channels_last"


def _lets_factors_through(layer: Any) -> bool:
    kind = type(layer).__name__
    if kind == "ReLU":
        return layer.max_value is None and not layer.threshold
    if kind == "Activation":
        return activation_name(layer) in _HOMOGENEOUS
    data_format = getattr(layer, "data_format", "channels_last")
    return kind in _PASSING and data_format == "channels_last"


def _made(layer: Any) -> int:
    """How many channels a layer makes."""
    kernel = layer.get_weights()[0]
    is_depthwise = type(layer).__name__.startswith("Depthwise")
    return int(np.prod(kernel.shape[-2:])) if is_depthwise else kernel.shape[-1]


def _balance(first: list[Array], channels: int, second: list[Array]) -> float:
    """Scale the channels between two layers' weights in place; return the largest |log factor|."""
    made = first[0].reshape(-1, channels)
    # The channels that a kernel reads are its last axis but one, of a depthwise kernel too. A dense
    # layer behind a Flatten reads them at one position after the other.
    read = second[0].reshape(-1, channels, second[0].shape[-1])
    before, after = np.abs(made).max(axis=0), np.abs(read).max(axis=(0, 2))
    # A channel that is always 0, or that nothing reads, has no range to speak of.
    known = (before > 0) & (after > 0)
    factors = np.ones(channels)
    factors[known] = np.sqrt(before[known] / after[known])
    made /= factors
    read *= factors[:, None]
    for bias in first[1:]:
        np.divide(bias, factors, out=bias)
    return float(np.abs(np.log(factors)).max())
