"""Bias correction: what rounding the weights shifts in the mean of each channel is taken back.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", arXiv
1906.04721, section 4.2; the means are measured on samples, as in its appendix D.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.observe import check_samples, observe
from tinydeploy.compress.rewrite import Rewritten, Weighted, rewrite
from tinydeploy.compress.spell_out import separate_activations
from tinydeploy.compress.wiring import WEIGHTED, is_depthwise, like, made_channels
from tinydeploy.ir.graph import Array

_MOST = 127


def correct_bias(model: Any, samples: Sequence[Array]) -> Any:
    """Return a keras.Model with other biases: its int8 form has the mean outputs of `model`.

    `samples` holds one array (samples, *shape) for each input of the model. Each convolution and
    dense layer in turn gets the bias with which its channels, computed from rounded weights alone,
    have the means that they had in float. Batch normalizations are folded first. Convert the model
    without further training: training moves the weights, and with them the error.

    Raises CalibrationError for samples that don't fit, and what rewrite() raises.
    """
    traced = _with_biases(separate_activations(fold_batch_norm(model).model))
    check_samples(traced.model, samples)
    names = list(dict.fromkeys(c.layer.name for c in traced.calls if _is_weighted(c.layer)))
    wanted = {name: _mean(traced, name, samples) for name in names}
    rounded = rewrite(traced.model)
    for name in names:
        layer = rounded.model.get_layer(name)
        kernel, bias = layer.get_weights()
        kernel = _rounded(layer, kernel)
        layer.set_weights([kernel, bias])
        layer.set_weights([kernel, bias + wanted[name] - _mean(rounded, name, samples)])
    chains: dict[str, Sequence[Weighted]] = {}
    for name in names:
        layer = traced.model.get_layer(name)
        _, bias = rounded.model.get_layer(name).get_weights()
        chains[name] = (Weighted(like(layer), (layer.get_weights()[0], bias)),)
    return rewrite(traced.model, chains).model


def _is_weighted(layer: Any) -> bool:
    return type(layer).__name__ in WEIGHTED


def _with_biases(traced: Rewritten) -> Rewritten:
    chains: dict[str, Sequence[Weighted]] = {}
    for layer in (call.layer for call in traced.calls):
        if _is_weighted(layer) and not layer.use_bias:
            (kernel,) = layer.get_weights()
            weights = (kernel, np.zeros(made_channels(layer), kernel.dtype))
            chains[layer.name] = (Weighted(like(layer, use_bias=True), weights),)
    return rewrite(traced.model, chains)


def _mean(traced: Rewritten, name: str, samples: Sequence[Array]) -> Array:
    """The mean of each output channel of a layer, over all its calls."""
    tensors = [call.outputs[0] for call in traced.calls if call.layer.name == name]
    total, count = np.zeros(tensors[0].shape[-1]), 0
    for values in observe(traced.model, tensors, samples):
        for value in values:
            flat = value.reshape(-1, value.shape[-1])
            total += flat.sum(axis=0, dtype=np.float64)
            count += len(flat)
    return total / count


def _rounded(layer: Any, kernel: Array) -> Array:
    """The kernel in the steps of int8 that the converter chooses, a scale for each channel."""
    axes = tuple(range(kernel.ndim - (2 if is_depthwise(layer) else 1)))
    steps = np.maximum(np.abs(kernel).max(axis=axes, keepdims=True), 1e-12) / _MOST
    return np.asarray(np.round(kernel / steps) * steps)
