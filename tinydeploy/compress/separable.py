"""A separable convolution as what it is: a depthwise one, then a 1x1 one."""

from __future__ import annotations

from typing import Any

from tinydeploy.frontend.tensorflow_env import import_keras


def is_separable(layer: Any) -> bool:
    """Whether it is a SeparableConv1D or SeparableConv2D."""
    return type(layer).__name__ in {"SeparableConv1D", "SeparableConv2D"}


def separable_parts(layer: Any) -> tuple[Any, Any]:
    """Return the depthwise and the 1x1 layer, not built, for a separable one.

    The first takes the first of its weights, the second the others.
    """
    layers = import_keras().layers
    kinds = {
        1: (layers.DepthwiseConv1D, layers.Conv1D),
        2: (layers.DepthwiseConv2D, layers.Conv2D),
    }
    depthwise, pointwise = kinds[len(layer.kernel_size)]
    of_both = {
        "data_format": layer.data_format,
        "dtype": layer.dtype_policy,
        "trainable": layer.trainable,
    }
    return (
        depthwise(
            layer.kernel_size,
            strides=layer.strides,
            padding=layer.padding,
            dilation_rate=layer.dilation_rate,
            depth_multiplier=layer.depth_multiplier,
            use_bias=False,
            depthwise_regularizer=layer.depthwise_regularizer,
            depthwise_constraint=layer.depthwise_constraint,
            name=f"{layer.name}_depthwise",
            **of_both,
        ),
        pointwise(
            layer.filters,
            1,
            use_bias=layer.use_bias,
            activation=layer.activation,
            kernel_regularizer=layer.pointwise_regularizer,
            kernel_constraint=layer.pointwise_constraint,
            bias_regularizer=layer.bias_regularizer,
            bias_constraint=layer.bias_constraint,
            activity_regularizer=layer.activity_regularizer,
            name=f"{layer.name}_pointwise",
            **of_both,
        ),
    )
