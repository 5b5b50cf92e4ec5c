"""MACs of a Keras layer, one inference, and bytes of its weights, from settings and shapes."""

from __future__ import annotations

import math
from typing import Any

from tinydeploy.errors import UnsupportedModelError

Shape = tuple[int | None, ...]

_CHANNEL_BYTES = 12


def layer_macs(layer: Any, shape: Shape) -> int:
    """Return the MACs of one layer, built or not; 0 for one that is no convolution or dense layer.

    Counted as kernels are written: zeros that padding adds are multiplied too, biases are free.
    Raises UnsupportedModelError where a size of its input is unknown.
    """
    layer = _of_its_own(layer)
    kind = type(layer).__name__
    if kind not in {"Dense", *_KERNELS}:
        return 0
    output = layer.compute_output_shape(shape)
    sizes = (*shape[1:], *output[1:])
    if any(size is None for size in sizes):
        raise UnsupportedModelError(
            f'layer "{layer.name}" has an input of unknown size ({shape})',
            "Give the model's Input a fixed shape: a microcontroller needs one.",
        )
    channels = shape[-1] or 0
    if kind == "Dense":
        return int(math.prod(output[1:]) * channels)
    # A transposed convolution multiplies at each input pixel, the others at each output pixel.
    pixels = math.prod((shape if "Transpose" in kind else output)[1:-1])
    return int(pixels * _KERNELS[kind](layer, channels, math.prod(layer.kernel_size)))


def layer_weights_bytes(layer: Any, shape: Shape) -> int:
    """Return the bytes of a layer's weights as int8; 0 for no convolution or dense layer.

    A weight is a byte. Bias, multiplier and shift of an output channel are int32, and are there in
    any case: many thin layers in place of one may have fewer weights and yet more bytes.
    """
    layer = _of_its_own(layer)
    kind = type(layer).__name__
    if kind not in {"Dense", *_KERNELS}:
        return 0
    inputs, outputs = shape[-1] or 0, int(layer.compute_output_shape(shape)[-1] or 0)
    if kind == "Dense":
        return inputs * outputs + channels_bytes(outputs)
    kernel = _KERNELS[kind](layer, inputs, math.prod(layer.kernel_size))
    return int(kernel) + channels_bytes(outputs)


def channels_bytes(count: int) -> int:
    """Return the bytes of so many output channels, whatever their kernels."""
    return _CHANNEL_BYTES * count


def _of_its_own(layer: Any) -> Any:
    """The layer within that of quantization-aware training."""
    return layer.layer if type(layer).__name__ == "FakeQuantizedKernel" else layer


def _dense_kernel(layer: Any, channels: int, window: int) -> int:
    filters, groups = int(layer.filters), int(layer.groups)
    return window * channels // groups * filters


def _transposed_kernel(layer: Any, channels: int, window: int) -> int:
    return window * channels * int(layer.filters)


def _depthwise_kernel(layer: Any, channels: int, window: int) -> int:
    return window * channels * int(layer.depth_multiplier)


_KERNELS = {
    "Conv1D": _dense_kernel,
    "Conv2D": _dense_kernel,
    "Conv1DTranspose": _transposed_kernel,
    "Conv2DTranspose": _transposed_kernel,
    "DepthwiseConv1D": _depthwise_kernel,
    "DepthwiseConv2D": _depthwise_kernel,
}
