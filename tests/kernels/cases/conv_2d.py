"""CONV_2D models: geometry, groups, and quantization at its extremes."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.convolutions import Numbers
from tests.kernels.windows import SAME, VALID, output_sizes
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "CONV_2D"

# Input shape, output channels, groups, kernel, strides, dilations, padding.
_GEOMETRIES = (
    ((1, 1, 1, 1), 1, 1, (1, 1), (1, 1), (1, 1), VALID),
    ((1, 5, 7, 3), 4, 1, (1, 1), (1, 1), (1, 1), VALID),
    ((1, 5, 7, 3), 4, 1, (1, 1), (2, 3), (1, 1), SAME),
    ((1, 5, 7, 3), 4, 1, (3, 3), (1, 1), (1, 1), SAME),
    ((1, 5, 7, 3), 4, 1, (3, 3), (1, 1), (1, 1), VALID),
    ((1, 8, 6, 2), 5, 1, (3, 3), (2, 2), (1, 1), SAME),
    ((1, 8, 6, 2), 5, 1, (2, 4), (2, 1), (1, 1), SAME),
    ((2, 7, 5, 4), 3, 1, (3, 2), (1, 2), (1, 1), VALID),
    ((1, 1, 17, 3), 6, 1, (1, 5), (1, 1), (1, 1), SAME),
    ((1, 1, 17, 3), 6, 1, (1, 5), (1, 3), (1, 1), VALID),
    ((1, 1, 17, 3), 2, 1, (1, 3), (1, 1), (1, 4), SAME),
    ((1, 9, 9, 2), 3, 1, (3, 3), (1, 1), (2, 2), SAME),
    ((1, 9, 9, 2), 3, 1, (3, 3), (1, 1), (2, 3), VALID),
    ((1, 9, 9, 2), 3, 1, (3, 2), (2, 2), (3, 2), SAME),
    ((1, 3, 2, 3), 4, 1, (5, 7), (1, 1), (1, 1), SAME),
    ((1, 2, 3, 2), 3, 1, (3, 3), (1, 1), (5, 4), SAME),
    ((1, 6, 6, 4), 4, 2, (3, 3), (1, 1), (1, 1), SAME),
    ((1, 6, 6, 6), 9, 3, (3, 3), (2, 2), (1, 1), VALID),
    ((2, 5, 4, 8), 8, 8, (2, 2), (1, 1), (1, 1), SAME),
    ((1, 4, 5, 6), 4, 2, (1, 1), (1, 1), (1, 1), VALID),
    ((1, 4, 3, 64), 16, 1, (1, 1), (1, 1), (1, 1), VALID),
    ((1, 49, 10, 1), 8, 1, (10, 4), (2, 2), (1, 1), SAME),
    ((1, 4, 4, 2), 7, 1, (2, 2), (5, 6), (1, 1), SAME),
    ((3, 3, 3, 5), 2, 1, (3, 3), (1, 1), (1, 1), VALID),
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
    channels: int,
    groups: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    padding: int,
    activations: str = "int8",
) -> Case:
    depth = kernel[0] * kernel[1] * shape[3] // groups
    # The reference refuses an int8 convolution without a bias.
    numbers = Numbers(index, channels, depth, always_bias=True, activations=activations)
    height, width = output_sizes(shape[1:3], kernel, strides, dilations, padding)
    name = (
        f"{index}_{shape}_{channels}_g{groups}_{kernel}_{strides}_{dilations}_{'SV'[padding]}_"
        f"{numbers.label}"
    )
    shapes = (shape, (channels, *kernel, shape[3] // groups), (shape[0], height, width, channels))

    def add(model: ModelBuilder) -> None:
        numbers.add_operator(
            model,
            OPERATOR,
            shapes,
            "Conv2DOptions",
            channel_axis=0,
            name=name,
            padding=padding,
            strideH=strides[0],
            strideW=strides[1],
            dilationHFactor=dilations[0],
            dilationWFactor=dilations[1],
        )

    return Case(name, add)
