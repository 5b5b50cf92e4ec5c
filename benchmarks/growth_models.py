"""Models of one operator in many sizes, side by side, each with an input of its own.

The name of each output says the size, so that a layer's count can be told from the others'.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tests.support.tflite_builder import ModelBuilder

_SOURCE_SCALE, _RESULT_SCALE = 0.05, 0.1
_RELU, _SAME, _VALID = 1, 0, 1


@dataclass(frozen=True, slots=True)
class Size:
    """One square image: `edge` pixels a side, as many channels out as in.

    Stride is 1 (in pooling as large as the kernel); one pixel is a vector.
    """

    channels: int
    kernel: int
    edge: int

    def __str__(self) -> str:
        if self.edge == 1:
            return f"{self.channels} to {self.channels}"
        return f"{self.edge}x{self.edge}x{self.channels}, kernel {self.kernel}x{self.kernel}"


Add = Callable[[ModelBuilder, Size, np.random.Generator], None]


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator, its sizes, and what adds one of them to a model."""

    title: str
    sizes: Sequence[Size]
    add: Add


def build_model(operator: Operator) -> bytes:
    """The int8 .tflite that holds every size of `operator`."""
    builder, rng = ModelBuilder(), np.random.default_rng(0)
    for size in operator.sizes:
        operator.add(builder, size, rng)
    return builder.build()


def _image(builder: ModelBuilder, size: Size) -> int:
    shape = (1, size.edge, size.edge, size.channels)
    return builder.input(shape, scale=_SOURCE_SCALE, zero_point=-128)


def _result(builder: ModelBuilder, size: Size, shape: Sequence[int]) -> int:
    return builder.output(shape, scale=_RESULT_SCALE, zero_point=-128, name=str(size))


def _constants(
    builder: ModelBuilder, shape: Sequence[int], axis: int, rng: np.random.Generator
) -> list[int]:
    """Weights and bias, quantized per channel (per tensor for a dense layer)."""
    channels = shape[axis]
    spread = rng.uniform(0.5, 1, channels) if len(shape) == 4 else np.ones(1)
    scales = spread * _RESULT_SCALE / (_SOURCE_SCALE * 40 * np.sqrt(np.prod(shape) / channels))
    values = rng.integers(-127, 128, shape)
    bias = rng.integers(-2000, 2000, channels)
    return [
        builder.tensor(shape, scale=scales, axis=axis, data=values),
        builder.tensor(
            (channels,), "int32", scale=scales * np.float32(_SOURCE_SCALE), data=bias
        ),
    ]  # fmt: skip


def _add_conv(builder: ModelBuilder, size: Size, rng: np.random.Generator) -> None:
    weights = (size.channels, size.kernel, size.kernel, size.channels)
    inputs = [_image(builder, size), *_constants(builder, weights, 0, rng)]
    output = _result(builder, size, (1, size.edge, size.edge, size.channels))
    options = {"strideH": 1, "strideW": 1, "padding": _SAME, "fusedActivationFunction": _RELU}
    builder.operator("CONV_2D", inputs, [output], "Conv2DOptions", **options)


def _add_depthwise(builder: ModelBuilder, size: Size, rng: np.random.Generator) -> None:
    weights = (1, size.kernel, size.kernel, size.channels)
    inputs = [_image(builder, size), *_constants(builder, weights, 3, rng)]
    output = _result(builder, size, (1, size.edge, size.edge, size.channels))
    options = {"strideH": 1, "strideW": 1, "padding": _SAME, "fusedActivationFunction": _RELU}
    options["depthMultiplier"] = 1
    builder.operator("DEPTHWISE_CONV_2D", inputs, [output], "DepthwiseConv2DOptions", **options)


def _add_dense(builder: ModelBuilder, size: Size, rng: np.random.Generator) -> None:
    source = builder.input((1, size.channels), scale=_SOURCE_SCALE, zero_point=-128)
    inputs = [source, *_constants(builder, (size.channels, size.channels), 0, rng)]
    output = _result(builder, size, (1, size.channels))
    builder.operator(
        "FULLY_CONNECTED", inputs, [output], "FullyConnectedOptions", fusedActivationFunction=_RELU
    )


def _add_add(builder: ModelBuilder, size: Size, _: np.random.Generator) -> None:
    inputs = [_image(builder, size), _image(builder, size)]
    output = _result(builder, size, (1, size.edge, size.edge, size.channels))
    builder.operator("ADD", inputs, [output], "AddOptions", fusedActivationFunction=_RELU)


def _pool(name: str) -> Add:
    def add(builder: ModelBuilder, size: Size, _: np.random.Generator) -> None:
        shape = (1, size.edge, size.edge, size.channels)
        source = builder.input(shape, scale=_RESULT_SCALE, zero_point=-128)
        edge = size.edge // size.kernel
        output = _result(builder, size, (1, edge, edge, size.channels))
        window = {"strideH": size.kernel, "strideW": size.kernel}
        window |= {"filterHeight": size.kernel, "filterWidth": size.kernel, "padding": _VALID}
        builder.operator(name, [source], [output], "Pool2DOptions", **window)

    return add


def _sizes(
    channels: Sequence[int], kernels: Sequence[int], edges: Sequence[int], usual: Size
) -> tuple[Size, ...]:
    """Each of the three varied while the others stay as in `usual`."""
    found = [Size(c, usual.kernel, usual.edge) for c in channels]
    found += [Size(usual.channels, k, usual.edge) for k in kernels]
    found += [Size(usual.channels, usual.kernel, e) for e in edges]
    return tuple(dict.fromkeys(found))


_CHANNELS = (3, 8, 16, 24, 32, 50, 64, 128)
OPERATORS = {
    "conv_1x1": Operator(
        "Convolution 1x1", _sizes(_CHANNELS, (), (3, 6, 12, 24), Size(32, 1, 12)), _add_conv
    ),
    "conv_kxk": Operator(
        "Convolution",
        _sizes((3, 8, 16, 24, 32, 64), (2, 3, 5, 7), (3, 6, 12, 24), Size(16, 3, 12)),
        _add_conv,
    ),
    "depthwise": Operator(
        "Depthwise convolution",
        _sizes(_CHANNELS, (2, 3, 5, 7), (3, 6, 12, 24), Size(32, 3, 12)),
        _add_depthwise,
    ),
    "fully_connected": Operator(
        "Fully connected", tuple(Size(c, 1, 1) for c in (10, 32, 64, 100, 128, 256)), _add_dense
    ),
    "add": Operator("Addition", _sizes((3, 8, 32), (), (3, 6, 12, 24), Size(32, 1, 12)), _add_add),
    "average_pool": Operator(
        "Average pooling",
        _sizes((3, 8, 32, 64), (2, 3, 4, 6, 12), (6, 12, 24), Size(32, 2, 12)),
        _pool("AVERAGE_POOL_2D"),
    ),
    "max_pool": Operator(
        "Maximum pooling",
        _sizes((3, 8, 32, 64), (2, 3, 4, 6, 12), (6, 12, 24), Size(32, 2, 12)),
        _pool("MAX_POOL_2D"),
    ),
}
