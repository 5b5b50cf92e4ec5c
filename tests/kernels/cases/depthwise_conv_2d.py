"""DEPTHWISE_CONV_2D models: geometry, multipliers, and quantization at its extremes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.convolutions import Numbers
from tests.kernels.windows import SAME, VALID, output_sizes
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "DEPTHWISE_CONV_2D"

# Input shape, depth multiplier, kernel, strides, dilations, padding.
_GEOMETRIES = (
    ((1, 1, 1, 1), 1, (1, 1), (1, 1), (1, 1), VALID),
    ((1, 5, 7, 3), 1, (1, 1), (1, 1), (1, 1), SAME),
    ((1, 5, 7, 3), 1, (3, 3), (1, 1), (1, 1), SAME),
    ((1, 5, 7, 3), 1, (3, 3), (1, 1), (1, 1), VALID),
    ((1, 8, 6, 4), 1, (3, 3), (2, 2), (1, 1), SAME),
    ((1, 8, 6, 4), 2, (3, 3), (2, 2), (1, 1), VALID),
    ((2, 7, 5, 2), 3, (3, 2), (1, 1), (1, 1), SAME),
    ((1, 6, 6, 1), 8, (5, 5), (1, 1), (1, 1), SAME),
    ((1, 49, 10, 1), 8, (10, 8), (2, 2), (1, 1), SAME),
    ((1, 1, 17, 3), 1, (1, 5), (1, 1), (1, 1), SAME),
    ((1, 1, 17, 3), 2, (1, 5), (1, 1), (1, 3), VALID),
    ((1, 9, 9, 2), 1, (3, 3), (1, 1), (2, 2), SAME),
    ((1, 9, 9, 2), 2, (3, 2), (1, 1), (2, 3), VALID),
    ((1, 9, 8, 3), 1, (2, 3), (2, 2), (3, 2), SAME),
    ((1, 3, 2, 5), 1, (5, 7), (1, 1), (1, 1), SAME),
    ((1, 2, 3, 2), 2, (3, 3), (1, 1), (5, 4), SAME),
    ((1, 4, 4, 7), 1, (2, 2), (3, 3), (1, 1), SAME),
    ((3, 3, 3, 5), 1, (3, 3), (1, 1), (1, 1), VALID),
    ((1, 6, 5, 16), 1, (3, 3), (1, 1), (1, 1), SAME),
    ((2, 6, 5, 3), 1, (2, 2), (2, 2), (1, 1), VALID),
)
_ROUNDS = 3


def cases() -> Iterator[Case]:
    for turn in range(_ROUNDS):
        for number, geometry in enumerate(_GEOMETRIES):
            yield _case(turn * (len(_GEOMETRIES) + 1) + number, *geometry)
    for number, geometry in enumerate(_GEOMETRIES):
        yield _case(number + 1, *geometry, activations="int16")


def _case(
    index: int,
    shape: tuple[int, int, int, int],
    multiplier: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    padding: int,
    activations: str = "int8",
) -> Case:
    channels = shape[3] * multiplier
    numbers = Numbers(index, channels, depth=kernel[0] * kernel[1], activations=activations)
    height, width = output_sizes(shape[1:3], kernel, strides, dilations, padding)
    name = (
        f"{index}_{shape}_x{multiplier}_{kernel}_{strides}_{dilations}_{'SV'[padding]}_"
        f"{numbers.label}"
    )
    shapes = (shape, (1, *kernel, channels), (shape[0], height, width, channels))

    def add(model: ModelBuilder) -> None:
        numbers.add_operator(
            model,
            OPERATOR,
            shapes,
            "DepthwiseConv2DOptions",
            channel_axis=3,
            name=name,
            padding=padding,
            strideH=strides[0],
            strideW=strides[1],
            depthMultiplier=multiplier,
            dilationHFactor=dilations[0],
            dilationWFactor=dilations[1],
        )

    return Case(name, add)
