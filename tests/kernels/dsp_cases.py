"""Shapes and numbers for the kernels of the Arm DSP extension: tails, odd channels, one pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tests.kernels.case import Case
from tests.kernels.windows import SAME, VALID, output_sizes
from tests.support.tflite_builder import ModelBuilder

_INPUT_SCALE = 0.05
_RELU = 1


class Convolution(NamedTuple):
    """Geometry; the output's zero point (-128 with a ReLU) and the spread of channel scales."""

    shape: tuple[int, int, int, int]
    channels: int
    kernel: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    padding: int = SAME
    input_zero: int = -128
    output_zero: int = -128
    spread: float = 4.0
    dilations: tuple[int, int] = (1, 1)
    gain: float = 1.0


CONVOLUTIONS = {
    "CONV_2D": (
        Convolution((1, 4, 3, 64), 64),
        Convolution((1, 1, 1, 8), 16),
        Convolution((1, 2, 1, 4), 2, input_zero=5),
        Convolution((1, 5, 5, 16), 32, output_zero=7),
        Convolution((2, 5, 1, 5), 3, input_zero=127, output_zero=-128),
        Convolution((1, 7, 1, 6), 5, output_zero=127),
        Convolution((1, 8, 1, 7), 9, output_zero=-3, spread=40.0),
        Convolution((1, 3, 3, 130), 12, spread=200.0),
        Convolution((1, 2, 2, 201), 7, input_zero=-1),
        Convolution((1, 1, 4, 256), 64, output_zero=20),
        Convolution((1, 3, 4, 12), 2, gain=30.0),
        Convolution((1, 3, 4, 12), 8, gain=150.0, spread=100.0),
        Convolution((1, 3, 4, 12), 4, gain=0.02, output_zero=1),
        Convolution((1, 9, 7, 3), 8, (3, 3), (2, 2)),
        Convolution((1, 6, 7, 3), 16, (3, 3), output_zero=-9),
        Convolution((1, 13, 10, 1), 6, (10, 4), (2, 2), input_zero=83),
        Convolution((1, 6, 8, 16), 16, (3, 3)),
        Convolution((2, 5, 6, 8), 7, (3, 3), output_zero=4, input_zero=-7),
        Convolution((1, 7, 8, 16), 32, (3, 3), (2, 2)),
        Convolution((1, 8, 8, 16), 32, (1, 1), (2, 2), output_zero=-17),
        Convolution((1, 8, 8, 4), 6, (3, 3), padding=VALID, dilations=(2, 2)),
        Convolution((1, 4, 5, 2), 4, (1, 1), output_zero=3),
        Convolution((1, 1, 30, 1), 8, (1, 3), (1, 2)),
        Convolution((1, 3, 2, 3), 4, (5, 7), input_zero=9),
        Convolution((1, 4, 4, 64), 64, (3, 3), output_zero=-2),
        Convolution((2, 6, 5, 8), 4, (3, 1), output_zero=3),
        Convolution((2, 9, 7, 8), 4, (3, 1), padding=VALID, output_zero=-5, spread=100.0),
        Convolution((1, 7, 5, 8), 6, (3, 1), (2, 1), output_zero=9),
        Convolution((1, 9, 4, 8), 6, (3, 1), dilations=(2, 1)),
        Convolution((1, 4, 11, 4), 8, (1, 3), output_zero=-40),
        Convolution((2, 5, 12, 8), 6, (1, 5), (1, 2), output_zero=6),
    ),
    "DEPTHWISE_CONV_2D": (
        Convolution((1, 25, 5, 64), 64, (3, 3)),
        Convolution((1, 6, 12, 8), 8, (3, 3)),
        Convolution((1, 7, 12, 8), 8, (3, 3), (2, 2), output_zero=3),
        Convolution((1, 12, 12, 4), 4, (3, 3), (2, 2)),
        Convolution((1, 6, 6, 12), 12, (3, 3), output_zero=-20, input_zero=6),
        Convolution((1, 3, 3, 16), 16, (3, 3), spread=300.0),
        Convolution((2, 4, 7, 8), 8, (3, 3), padding=VALID),
        Convolution((2, 5, 9, 8), 8, (3, 3), (2, 2), padding=VALID, output_zero=127),
        Convolution((1, 1, 1, 4), 4, (3, 3)),
        Convolution((1, 2, 2, 4), 4, (3, 3), (2, 2)),
        Convolution((1, 1, 13, 8), 8, (3, 3)),
        Convolution((1, 13, 1, 8), 8, (3, 3)),
        Convolution((1, 5, 23, 4), 4, (3, 3)),
        Convolution((1, 9, 24, 8), 8, (3, 3), (2, 2)),
        Convolution((1, 5, 8, 6), 6, (3, 3)),
        Convolution((1, 5, 8, 5), 5, (3, 3), (2, 2), output_zero=0),
        Convolution((1, 5, 8, 1), 1, (3, 3)),
        Convolution((1, 8, 8, 4), 8, (3, 3)),
        Convolution((1, 8, 8, 1), 8, (10, 8), (2, 2), input_zero=83),
        Convolution((1, 8, 8, 1), 5, (3, 3), output_zero=4),
        Convolution((2, 8, 7, 1), 4, (4, 4), (1, 2), VALID, output_zero=-9),
        Convolution((1, 9, 8, 1), 6, (1, 3), (1, 1)),
        Convolution((1, 9, 20, 1), 16, (3, 5), (2, 2), input_zero=1),
        Convolution((1, 5, 8, 1), 2, (3, 3), dilations=(2, 2)),
        Convolution((1, 30, 1, 1), 3, (7, 1), (3, 1), output_zero=0),
        Convolution((1, 9, 8, 4), 4, (5, 5), (1, 1)),
        Convolution((1, 9, 8, 4), 4, (2, 3), (1, 2), padding=VALID),
        Convolution((1, 5, 5, 8), 8, (3, 3), gain=30.0),
        Convolution((1, 5, 5, 8), 8, (3, 3), gain=150.0, spread=100.0),
        Convolution((1, 5, 5, 8), 8, (3, 3), gain=0.02, output_zero=5),
        Convolution((1, 9, 9, 8), 8, (3, 3), (2, 1)),
        Convolution((1, 9, 9, 8), 8, (3, 3), dilations=(2, 2)),
        Convolution((1, 6, 40, 4), 4, (3, 3), (2, 2), output_zero=-1),
        Convolution((1, 4, 10, 4), 4, (3, 3), output_zero=-1),
    ),
}


def convolution_cases(operator: str) -> Iterator[Case]:
    for index, convolution in enumerate(CONVOLUTIONS[operator]):
        yield convolution_case(index, operator, convolution)


def convolution_case(index: int, operator: str, c: Convolution) -> Case:
    rng = np.random.default_rng(index)
    is_depthwise = operator == "DEPTHWISE_CONV_2D"
    depth = c.kernel[0] * c.kernel[1] * (1 if is_depthwise else c.shape[3])
    weights_shape = (
        (1, *c.kernel, c.channels)
        if is_depthwise
        else (
            c.channels,
            *c.kernel,
            c.shape[3],
        )
    )
    height, width = output_sizes(c.shape[1:3], c.kernel, c.strides, c.dilations, c.padding)
    scales = (0.01 * c.spread ** rng.uniform(-0.5, 0.5, c.channels)).tolist()
    output_scale = _INPUT_SCALE * 0.01 * 74 * 73 * depth**0.5 / 60 / c.gain
    weights = rng.integers(-127, 128, weights_shape)
    bias = rng.integers(-3_000, 3_000, c.channels)
    name = f"dsp_{index}_{c.shape}_{c.channels}_{c.kernel}_{c.strides}"

    def add(model: ModelBuilder) -> None:
        source = model.input(c.shape, scale=_INPUT_SCALE, zero_point=c.input_zero)
        axis = 3 if is_depthwise else 0
        inputs = [
            source,
            model.tensor(weights_shape, scale=scales, axis=axis, data=weights),
            model.tensor(
                (c.channels,), "int32", scale=[s * _INPUT_SCALE for s in scales], data=bias
            ),
        ]
        out = model.output(
            (c.shape[0], height, width, c.channels),
            scale=output_scale,
            zero_point=c.output_zero,
            name=name,
        )
        fields = {"depthMultiplier": c.channels // c.shape[3]} if is_depthwise else {}
        model.operator(
            operator,
            inputs,
            [out],
            "DepthwiseConv2DOptions" if is_depthwise else "Conv2DOptions",
            padding=c.padding,
            strideH=c.strides[0],
            strideW=c.strides[1],
            dilationHFactor=c.dilations[0],
            dilationWFactor=c.dilations[1],
            fusedActivationFunction=_RELU if c.output_zero == -128 else 0,
            **fields,
        )

    return Case(name, add)
