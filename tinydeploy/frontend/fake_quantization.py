"""The Keras layers of quantization-aware training, which TensorFlow's converter takes ranges from.

They simulate int8 in float: Jacob et al., "Quantization and Training of Neural Networks for
Efficient Integer-Arithmetic-Only Inference", arXiv 1712.05877. Gradients pass through the rounding
as if it were not there (straight-through), and stop at values out of range.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

from tinydeploy.frontend.tensorflow_env import import_keras, import_tensorflow

PACKAGE = "tinydeploy"
NAMES = ("FakeQuantize", "FakeQuantizedKernel")

_MOMENTUM = 0.9
_LEAST_WIDTH = 1e-6
# A channel without weights still has a bias, whose unit is that of the weights: it must not be so
# small that the bias overflows 32 bits.
_LEAST_KERNEL_SHARE = 1e-5


@dataclass(frozen=True, slots=True)
class Layers:
    """FakeQuantize: a tensor's range. FakeQuantizedKernel(layer): the layer, its kernel as int8."""

    fake_quantize: Any
    fake_quantized_kernel: Any


@functools.cache
def fake_quantization_layers() -> Layers:
    """Return the classes, registered with Keras. Raises ToolMissingError."""
    tf, keras = import_tensorflow(), import_keras()

    @keras.saving.register_keras_serializable(PACKAGE)
    class FakeQuantize(keras.layers.Layer):  # type: ignore[misc, name-defined]
        """Rounds a tensor to int8 steps of its range, a moving average of what training sees."""

        def build(self, input_shape: Any) -> None:
            self.limits = self.add_weight(
                shape=(2,), initializer="zeros", trainable=False, name="limits"
            )

        def call(self, inputs: Any, training: bool = False) -> Any:
            if training:
                seen = tf.stack([tf.reduce_min(inputs), tf.reduce_max(inputs)])
                self.limits.assign(_MOMENTUM * self.limits + (1 - _MOMENTUM) * seen)
            low, high = tf.unstack(tf.convert_to_tensor(self.limits))
            low = tf.minimum(low, 0.0)
            high = tf.maximum(tf.maximum(high, 0.0), low + _LEAST_WIDTH)
            return tf.quantization.fake_quant_with_min_max_vars(inputs, low, high)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return input_shape

    @keras.saving.register_keras_serializable(PACKAGE)
    class FakeQuantizedKernel(keras.layers.Wrapper):  # type: ignore[misc, name-defined]
        """A convolution or dense layer that computes with its kernel rounded to int8 steps."""

        def call(self, inputs: Any) -> Any:
            kernel = self.layer.kernel
            with keras.StatelessScope([(kernel, _rounded(tf, self.layer, kernel))]):
                return self.layer(inputs)

        def compute_output_shape(self, input_shape: Any) -> Any:
            return self.layer.compute_output_shape(input_shape)

    return Layers(FakeQuantize, FakeQuantizedKernel)


def _rounded(tf: Any, layer: Any, kernel: Any) -> Any:
    kernel = tf.convert_to_tensor(kernel)
    if type(layer).__name__ == "Dense":
        # One range for all: the converter transposes the kernel, and can't do so with a range for
        # each channel.
        most = tf.maximum(tf.reduce_max(tf.abs(kernel)), _LEAST_WIDTH)
        return tf.quantization.fake_quant_with_min_max_vars(kernel, -most, most, narrow_range=True)
    # TFLite's depthwise kernels are (1, height, width, channels * multiplier), Keras's have an axis
    # for each of the latter. The converter takes over ranges of tensors with four dimensions.
    is_depthwise = type(layer).__name__.startswith("Depthwise")
    window = (1, *kernel.shape[:-2])[-2:]
    flat = tf.reshape(kernel, (*window, 1, -1)) if is_depthwise else kernel
    most = tf.reduce_max(tf.abs(flat), axis=list(range(flat.shape.rank - 1)))
    most = tf.maximum(most, _LEAST_KERNEL_SHARE * tf.reduce_max(most) + _LEAST_WIDTH)
    rounded = tf.quantization.fake_quant_with_min_max_vars_per_channel(
        flat, -most, most, narrow_range=True
    )
    return tf.reshape(rounded, kernel.shape) if is_depthwise else rounded
