"""Writes a model in the few layers that quantization-aware training knows, one step a layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinydeploy.compress.channel_scaling import SCALINGS, channel_scaling
from tinydeploy.compress.rewrite import Call, Rewritten, Weighted, rewrite
from tinydeploy.compress.wiring import (
    WEIGHTED,
    activation_name,
    call_counts,
    clamp_name,
    like,
    sole_reader,
    weights_of,
)
from tinydeploy.frontend.tensorflow_env import import_keras


def spell_out(model: Any) -> Rewritten:
    """Return a copy of a keras.Model that infers the same, with more, but simpler, layers.

    Activations are layers of their own, a Conv1D is a Conv2D of height 1 between reshapes, which is
    what TensorFlow Lite makes of it anyway, and what scales each channel (see channel_scaling()) a
    depthwise convolution of one pixel.

    Raises UnsupportedModelError where it scales another axis than the last one, and what rewrite()
    raises.
    """
    traced = _join_conv1d(rewrite(model))
    chains = {
        call.layer.name: _CHAINS[type(call.layer).__name__](call)
        for call in traced.calls
        if type(call.layer).__name__ in _CHAINS
    }
    return separate_activations(rewrite(traced.model, chains).model)


def separate_activations(model: Any) -> Rewritten:
    """Return a copy of a keras.Model whose convolutions and dense layers are linear."""
    traced = rewrite(model)
    chains: dict[str, Sequence[Weighted]] = {}
    for layer in (call.layer for call in traced.calls):
        name = activation_name(layer)
        if type(layer).__name__ in WEIGHTED and name != "linear":
            activation = import_keras().layers.Activation(
                layer.activation, name=f"{layer.name}_{name}"
            )
            linear = Weighted(like(layer, activation=None), weights_of(layer))
            chains[layer.name] = (linear, Weighted(activation))
    return rewrite(traced.model, chains)


def _join_conv1d(traced: Rewritten) -> Rewritten:
    """Let each Conv1D do the ReLU behind it: between its reshapes, where it belongs in int8."""
    counts = call_counts(traced)
    chains: dict[str, Sequence[Weighted]] = {}
    for call in traced.calls:
        layer = call.layer
        if type(layer).__name__ != "Conv1D" or activation_name(layer) != "linear":
            continue
        reader = sole_reader(traced, call)
        name = clamp_name(reader.layer) if reader is not None else ""
        if reader is not None and name and counts[layer.name] == 1:
            chains[layer.name] = (Weighted(like(layer, activation=name), weights_of(layer)),)
            chains[reader.layer.name] = ()
    return rewrite(traced.model, chains)


def _conv1d_chain(call: Call) -> tuple[Weighted, ...]:
    layers, layer = import_keras().layers, call.layer
    kernel, *bias = layer.get_weights()
    is_causal = layer.padding == "causal"
    span = (layer.kernel_size[0] - 1) * layer.dilation_rate[0] if is_causal else 0
    conv = layers.Conv2D(
        layer.filters,
        (1, *layer.kernel_size),
        strides=(1, *layer.strides),
        padding="valid" if is_causal else layer.padding,
        dilation_rate=(1, *layer.dilation_rate),
        groups=layer.groups,
        use_bias=layer.use_bias,
        activation=layer.activation,
        name=layer.name,
    )
    # Calls may differ in length.
    rows, row = (1, -1, call.inputs[0].shape[2]), (-1, layer.filters)
    pad = layers.ZeroPadding1D((span, 0), name=f"{layer.name}_pad")
    return (
        *((Weighted(pad),) if span else ()),
        Weighted(layers.Reshape(rows, name=f"{layer.name}_rows")),
        Weighted(conv, (kernel[None], *bias)),
        Weighted(layers.Reshape(row, name=f"{layer.name}_row")),
    )


def _scaling_chain(call: Call) -> tuple[Weighted, ...]:
    """It stays as it is in training: weights of 1/255 are no match for an optimizer's steps."""
    layers, layer = import_keras().layers, call.layer
    _, *sizes, channels = call.inputs[0].shape
    scale, shift = channel_scaling(layer, call.inputs[0].shape)
    conv = layers.DepthwiseConv2D(1, name=layer.name, trainable=False)
    scaled = Weighted(conv, (scale.reshape(1, 1, channels, 1), shift))
    if len(sizes) == 2:
        return (scaled,)
    # Calls may differ in length.
    pixels, back = (1, -1, channels), (-1, *sizes[1:], channels) if sizes else (channels,)
    return (
        Weighted(layers.Reshape(pixels, name=f"{layer.name}_pixels")),
        scaled,
        Weighted(layers.Reshape(back, name=f"{layer.name}_values")),
    )


_CHAINS = {"Conv1D": _conv1d_chain, **dict.fromkeys(SCALINGS, _scaling_chain)}
