"""TRANSPOSE_CONV models: geometry, and quantization at its extremes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.kernels.case import Case
from tests.kernels.convolutions import Numbers
from tests.kernels.windows import SAME, VALID
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "TRANSPOSE_CONV"

# Input shape, output channels, kernel, strides, padding, rows and columns more than the least.
_GEOMETRIES = (
    ((1, 1, 1, 1), 1, (1, 1), (1, 1), VALID, 0),
    ((1, 4, 3, 2), 3, (3, 3), (2, 2), SAME, 0),
    ((1, 4, 3, 2), 3, (3, 3), (2, 2), VALID, 0),
    ((1, 4, 3, 2), 3, (3, 3), (2, 2), VALID, 1),
    ((1, 4, 3, 4), 5, (2, 2), (2, 2), SAME, 0),
    ((1, 4, 3, 4), 5, (1, 1), (2, 2), SAME, 0),
    ((1, 5, 5, 3), 2, (3, 3), (1, 1), SAME, 0),
    ((1, 5, 5, 3), 2, (3, 3), (1, 1), VALID, 0),
    ((2, 3, 4, 2), 3, (4, 3), (2, 1), SAME, 0),
    ((2, 3, 4, 2), 3, (4, 3), (3, 2), VALID, 0),
    ((1, 1, 9, 3), 4, (1, 5), (1, 2), SAME, 0),
    ((1, 1, 9, 3), 4, (1, 4), (1, 3), VALID, 2),
    ((1, 3, 3, 2), 2, (2, 2), (4, 5), VALID, 0),
    ((1, 3, 3, 2), 2, (7, 5), (2, 3), SAME, 0),
    ((1, 2, 2, 8), 4, (5, 5), (1, 1), SAME, 0),
    ((1, 6, 5, 1), 6, (3, 2), (2, 2), SAME, -1),
)
_ROUNDS = 3


def cases() -> Iterator[Case]:
    for turn in range(_ROUNDS):
        for number, geometry in enumerate(_GEOMETRIES):
            yield _case(turn * (len(_GEOMETRIES) + 1) + number, *geometry)


def _output_size(size: int, kernel: int, stride: int, padding: int, more: int) -> int:
    least = size * stride if padding == SAME else (size - 1) * stride + kernel
    return least + min(more, stride - 1)


def _case(
    index: int,
    shape: tuple[int, int, int, int],
    channels: int,
    kernel: tuple[int, int],
    strides: tuple[int, int],
    padding: int,
    more: int,
) -> Case:
    numbers = Numbers(index, channels, depth=int(np.prod(kernel)) * shape[3])
    height, width = (
        _output_size(shape[1 + i], kernel[i], strides[i], padding, more) for i in (0, 1)
    )
    out_shape = (shape[0], height, width, channels)
    name = f"{index}_{shape}_{channels}_{kernel}_{strides}_{'SV'[padding]}_{more}_{numbers.label}"

    def add(model: ModelBuilder) -> None:
        numbers.add_operator(
            model,
            OPERATOR,
            (shape, (channels, *kernel, shape[3]), out_shape),
            "TransposeConvOptions",
            channel_axis=0,
            name=name,
            padding=padding,
            strideH=strides[0],
            strideW=strides[1],
        )

    return Case(name, add)
