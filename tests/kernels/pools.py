"""Cases that both pooling operators share."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case, zero_points
from tests.kernels.windows import SAME, VALID, output_sizes
from tests.support.tflite_builder import ModelBuilder

# Input shape, kernel, strides, padding.
GEOMETRIES = (
    ((1, 4, 4, 1), (2, 2), (2, 2), VALID),
    ((1, 5, 7, 3), (2, 2), (2, 2), SAME),
    ((1, 5, 7, 3), (3, 3), (1, 1), SAME),
    ((1, 5, 7, 3), (3, 3), (1, 1), VALID),
    ((2, 6, 5, 2), (3, 2), (2, 1), SAME),
    ((1, 9, 8, 4), (2, 3), (3, 2), VALID),
    ((1, 1, 13, 5), (1, 4), (1, 4), VALID),
    ((1, 1, 13, 5), (1, 4), (1, 3), SAME),
    ((1, 25, 5, 8), (25, 5), (25, 5), VALID),
    ((1, 3, 3, 2), (5, 5), (1, 1), SAME),
    ((1, 3, 2, 2), (7, 9), (2, 2), SAME),
    ((1, 11, 11, 3), (1, 1), (3, 3), SAME),
    ((3, 4, 4, 2), (2, 2), (5, 7), SAME),
    ((1, 1, 1, 6), (1, 1), (1, 1), VALID),
    ((1, 8, 8, 3), (4, 4), (4, 4), SAME),
    ((1, 17, 3, 2), (5, 3), (2, 3), VALID),
)


def pool_cases(operator: str) -> Iterator[Case]:
    """Every geometry with each fused activation, zero points and scales in turn."""
    zeros = zero_points()
    for index, (shape, kernel, strides, padding) in enumerate(GEOMETRIES):
        for activation in range(4):
            zero = zeros[(index + activation) % len(zeros)][0]
            scale = (0.0235, 0.05, 1e-6, 0.08, 4.0)[(index // 2 + activation) % 5]
            yield _case(operator, shape, kernel, strides, padding, activation, zero, scale)
        for activation in (0, 3):
            scale = (2e-4, 1e-6, 0.5)[(index + activation) % 3]
            yield _case(operator, shape, kernel, strides, padding, activation, 0, scale, "int16")


def _case(
    operator: str,
    shape: tuple[int, int, int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    padding: int,
    activation: int,
    zero: int,
    scale: float,
    dtype: str = "int8",
) -> Case:
    name = f"{dtype}_{shape}_{kernel}_{strides}_{'SV'[padding]}_{activation}_{zero}_{scale}"
    height, width = output_sizes(shape[1:3], kernel, strides, (1, 1), padding)

    def add(model: ModelBuilder) -> None:
        source = model.input(shape, dtype=dtype, scale=scale, zero_point=zero)
        out_shape = (shape[0], height, width, shape[3])
        out = model.output(out_shape, dtype=dtype, scale=scale, zero_point=zero, name=name)
        model.operator(
            operator,
            [source],
            [out],
            "Pool2DOptions",
            padding=padding,
            strideH=strides[0],
            strideW=strides[1],
            filterHeight=kernel[0],
            filterWidth=kernel[1],
            fusedActivationFunction=activation,
        )

    return Case(name, add)
