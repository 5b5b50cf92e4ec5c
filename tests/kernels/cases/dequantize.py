"""DEQUANTIZE models: scales from the smallest to the largest, both 8-bit types."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.unary import SHAPES, unary_case

OPERATOR = "DEQUANTIZE"


def cases() -> Iterator[Case]:
    real = {"dtype": "float32"}
    for dtype, shift in (("int8", 0), ("uint8", 128)):
        for scale in (0.05, 0.0123, 1 / 3, 1.0, 1e-30, 1e-44, 1e30, 3e38):
            for zero_point in (-128, 5, 127):
                source = {"dtype": dtype, "scale": scale, "zero_point": zero_point + shift}
                name = f"dequantize_{dtype}_{scale}_{zero_point}"
                yield unary_case(OPERATOR, name, source, real, options="DequantizeOptions")
    for shape in SHAPES:
        name = f"dequantize_{'x'.join(map(str, shape))}"
        yield unary_case(OPERATOR, name, {"scale": 0.04, "zero_point": 2}, real, shape)
