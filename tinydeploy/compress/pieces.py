"""Layers that take the place of one: the settings that each inherits."""

from __future__ import annotations

from typing import Any

from tinydeploy.frontend.tensorflow_env import import_keras

# Regularizers and constraints are made for the one kernel that is no longer there.
_PLAIN = {
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
}
_NOT_LAST = {"use_bias": False, "activation": None, "activity_regularizer": None}
_POINTWISE = {"strides": 1, "dilation_rate": 1, "padding": "valid", "groups": 1}


def last_piece(layer: Any, suffix: str, **settings: Any) -> Any:
    """Return a layer like `layer` with other settings; it keeps bias and activation."""
    config = layer.get_config() | _PLAIN | {"name": f"{layer.name}_{suffix}"} | settings
    return type(layer).from_config(config)


def piece(layer: Any, suffix: str, **settings: Any) -> Any:
    """Return a layer like `layer` with other settings, without bias and activation."""
    return last_piece(layer, suffix, **_NOT_LAST, **settings)


def first_pointwise(layer: Any, filters: int) -> Any:
    """Return the 1x1 convolution in front of the others, linear and without bias."""
    size = (1,) * len(layer.kernel_size)
    return piece(layer, "in", **_POINTWISE, kernel_size=size, filters=filters)


def last_pointwise(layer: Any) -> Any:
    """Return the 1x1 convolution at the end, with the bias and activation of `layer`."""
    size = (1,) * len(layer.kernel_size)
    return last_piece(layer, "out", **_POINTWISE, kernel_size=size)


def depthwise(layer: Any, multiplier: int = 1, **settings: Any) -> Any:
    """Return the DepthwiseConv with the window of `layer`, linear and without bias."""
    keras = import_keras()
    kinds = {1: keras.layers.DepthwiseConv1D, 2: keras.layers.DepthwiseConv2D}
    return kinds[len(layer.kernel_size)](
        layer.kernel_size,
        strides=layer.strides,
        padding=layer.padding,
        dilation_rate=layer.dilation_rate,
        depth_multiplier=multiplier,
        data_format=layer.data_format,
        use_bias=False,
        dtype=layer.dtype_policy,
        trainable=layer.trainable,
        name=f"{layer.name}_depthwise",
        **settings,
    )


def depthwise_obstacle(layer: Any) -> str:
    """Why Keras has no depthwise layer with the window of a Conv1D or Conv2D; empty if it has."""
    if len(set(layer.strides)) > 1:
        return f"strides {layer.strides} differ, which depthwise convolution can't do"
    if max(layer.strides) > 1 and max(layer.dilation_rate) > 1:
        return "it is strided and dilated, which depthwise convolution can't do"
    if layer.padding == "causal":
        return "its padding is causal, which depthwise convolution can't do"
    return ""


def bias_of(layer: Any) -> tuple[Any, ...]:
    """Return the bias as a tuple to append to weights: () where the layer has none."""
    return tuple(layer.get_weights()[1:])


def conv_obstacle(layer: Any) -> str:
    """Why a layer is no convolution that can be taken apart; empty where it is one."""
    if type(layer).__name__ not in {"Conv1D", "Conv2D"}:
        return f"a {type(layer).__name__}"
    if layer.groups > 1:
        return "a grouped convolution"
    if layer.data_format != "channels_last":
        return "its channels don't come last"
    return ""
