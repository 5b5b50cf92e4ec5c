"""A separable convolution as what it is: a depthwise one, then a 1x1 one."""

from __future__ import annotations

from typing import Any

from tinydeploy.compress.pieces import depthwise
from tinydeploy.frontend.tensorflow_env import import_keras


def is_separable(layer: Any) -> bool:
    """Whether it is a SeparableConv1D or SeparableConv2D."""
    return type(layer).__name__ in {"SeparableConv1D", "SeparableConv2D"}


def separable_parts(layer: Any) -> tuple[Any, Any]:
    """Return the depthwise and the 1x1 layer, not built, for a separable one.

    The first takes the first of its weights, the second the others.
    """
    keras = import_keras()
    kinds = {1: keras.layers.Conv1D, 2: keras.layers.Conv2D}
    pointwise = kinds[len(layer.kernel_size)](
        layer.filters,
        1,
        data_format=layer.data_format,
        use_bias=layer.use_bias,
        activation=layer.activation,
        kernel_regularizer=layer.pointwise_regularizer,
        kernel_constraint=layer.pointwise_constraint,
        bias_regularizer=layer.bias_regularizer,
        bias_constraint=layer.bias_constraint,
        activity_regularizer=layer.activity_regularizer,
        dtype=layer.dtype_policy,
        trainable=layer.trainable,
        name=f"{layer.name}_pointwise",
    )
    regular = {
        "depthwise_regularizer": layer.depthwise_regularizer,
        "depthwise_constraint": layer.depthwise_constraint,
    }
    return depthwise(layer, layer.depth_multiplier, **regular), pointwise
