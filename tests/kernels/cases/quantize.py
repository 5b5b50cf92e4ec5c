"""QUANTIZE models: from float, and between all pairs of 8-bit types."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case, zero_points
from tests.kernels.unary import SCALES, SHAPES, int16_cases, unary_case, unary_cases

OPERATOR = "QUANTIZE"


def cases() -> Iterator[Case]:
    yield from unary_cases(OPERATOR, options="QuantizeOptions")
    yield from _from_float()
    yield from int16_cases(OPERATOR, "QuantizeOptions")
    for source, output in (("int8", "uint8"), ("uint8", "int8")):
        for scale in (0.05, 0.07, 0.003):
            for zero_in, zero_out in zero_points():
                yield unary_case(
                    OPERATOR,
                    f"quantize_{source}_{output}_{scale}_{zero_in}_{zero_out}",
                    {"dtype": source, "scale": 0.05, "zero_point": _stored(source, zero_in)},
                    {"dtype": output, "scale": scale, "zero_point": _stored(output, zero_out)},
                    options="QuantizeOptions",
                )
    same = {"dtype": "uint8", "scale": 0.05, "zero_point": 131}
    yield unary_case(OPERATOR, "quantize_flip", same, {"scale": 0.05, "zero_point": 3})
    wide, narrow = {"scale": SCALES[3][0]}, {"scale": 1e-9}
    yield unary_case(OPERATOR, "quantize_wraps", wide, narrow)


def _from_float() -> Iterator[Case]:
    real = {"dtype": "float32"}
    for dtype in ("int8", "uint8"):
        for scale in (0.05, 0.013, 1.0, 2.0, 1e-5, 1e6, 1e-7):
            for zero_point in (-128, 0, 127):
                output = {"dtype": dtype, "scale": scale, "zero_point": _stored(dtype, zero_point)}
                name = f"quantize_float_{dtype}_{scale}_{zero_point}"
                yield unary_case(OPERATOR, name, real, output, options="QuantizeOptions")
    for shape in SHAPES:
        name = f"quantize_float_{'x'.join(map(str, shape))}"
        yield unary_case(OPERATOR, name, real, {"scale": 0.04, "zero_point": 2}, shape)


def _stored(dtype: str, zero_point: int) -> int:
    return zero_point + 128 if dtype == "uint8" else zero_point
