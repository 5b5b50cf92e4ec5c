"""Folds each batch normalization into the layer in front of it, and drops what only trains."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.compress.rewrite import Call, Rewritten, Weighted, rewrite
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Array

TRAINING_ONLY = (
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "Identity",
    "SpatialDropout1D",
    "SpatialDropout2D",
)
# Their output channels are the last axes of the kernel: (…, filters), or (…, channels, multiplier).
_FOLDABLE = ("Conv1D", "Conv2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D")


@dataclass(frozen=True, slots=True)
class Folded:
    """The model, and layer names: which normalization went into which layer, what was dropped.

    `left` names each normalization that stays, with the reason.
    """

    model: Any
    folded: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    left: tuple[tuple[str, str], ...]


def fold_batch_norm(model: Any) -> Folded:
    """Return a keras.Model that infers the same with fewer layers.

    BatchNormalization after Conv1D, Conv2D, DepthwiseConv1D, DepthwiseConv2D or Dense is folded
    into its weights; layers without effect on inference (dropout, noise, linear activations) go.
    Differences are rounding errors of float32. Errors: see rewrite().
    """
    traced = rewrite(model)
    dropped = tuple(dict.fromkeys(c.layer.name for c in traced.calls if _is_idle(c.layer)))
    traced = rewrite(traced.model, dict.fromkeys(dropped, ()))
    norms = [c for c in traced.calls if type(c.layer).__name__ == "BatchNormalization"]
    reasons = {call.layer.name: _obstacle(traced, call) for call in norms}
    pairs = [(_producer(traced, c), c) for c in norms if not reasons[c.layer.name]]
    chains: dict[str, tuple[Weighted, ...]] = {}
    for before, norm in pairs:
        chains[before.layer.name] = (_fold(before.layer, norm.layer),)
        chains[norm.layer.name] = ()
    return Folded(
        rewrite(traced.model, chains).model,
        tuple((norm.layer.name, before.layer.name) for before, norm in pairs),
        dropped,
        tuple((name, reason) for name, reason in reasons.items() if reason),
    )


def _is_idle(layer: Any) -> bool:
    kind = type(layer).__name__
    return kind in TRAINING_ONLY or (kind == "Activation" and _is_linear(layer))


def _is_linear(layer: Any) -> bool:
    keras = import_keras()
    return layer.activation in (None, keras.activations.linear)


def _obstacle(traced: Rewritten, norm: Call) -> str:
    """Why a normalization can't be folded; empty where it can."""
    before = _producer(traced, norm)
    if before is None or type(before.layer).__name__ not in _FOLDABLE:
        return "no convolution or dense layer comes right before it"
    name, value = before.layer.name, norm.inputs[0]
    calls = Counter(call.layer.name for call in traced.calls)
    readers = sum(x is value for call in traced.calls for x in call.inputs)
    readers += sum(x is value for x in traced.model.outputs)
    if not _is_linear(before.layer):
        return f'"{name}" applies an activation before it'
    if calls[name] > 1 or calls[norm.layer.name] > 1:
        return f'it or "{name}" is used more than once'
    if readers > 1:
        return f'the output of "{name}" is used elsewhere too'
    if norm.layer.axis not in (-1, len(value.shape) - 1):
        return "it doesn't normalize the last axis"
    return ""


def _producer(traced: Rewritten, call: Call) -> Any:
    value = call.inputs[0]
    makers = [c for c in traced.calls if any(x is value for x in c.outputs)]
    return makers[0] if makers else None


def _fold(layer: Any, norm: Any) -> Weighted:
    scale, shift = scale_and_shift(norm)
    kernel, *bias = (np.asarray(w, np.float64) for w in layer.get_weights())
    channels = kernel.shape[-2:] if "Depthwise" in type(layer).__name__ else kernel.shape[-1:]
    folded_kernel = kernel * scale.reshape(channels)
    folded_bias = shift + scale * bias[0] if bias else shift
    copy = type(layer).from_config({**layer.get_config(), "use_bias": True})
    return Weighted(copy, (folded_kernel, folded_bias))


def scale_and_shift(norm: Any) -> tuple[Array, Array]:
    """Return (scale, shift), each of shape (channels,): what a BatchNormalization infers.

    y = scale * x + shift, by its moving statistics.
    """
    mean = np.asarray(norm.moving_mean, np.float64)
    variance = np.asarray(norm.moving_variance, np.float64)
    gamma = np.asarray(norm.gamma, np.float64) if norm.scale else np.ones_like(mean)
    beta = np.asarray(norm.beta, np.float64) if norm.center else np.zeros_like(mean)
    scale = gamma / np.sqrt(variance + norm.epsilon)
    return scale, beta - scale * mean
