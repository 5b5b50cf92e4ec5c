"""SOFTMAX models: shapes, beta, and input scales from flat to one-hot."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "SOFTMAX"

_SHAPES = ((1, 1), (1, 2), (1, 10), (4, 3), (2, 3, 5), (1, 2, 3, 7), (12,), (1, 100), (3, 257))
_SCALES = (1e-6, 0.004, 0.05, 0.2, 1.0, 7.5, 3e3)
_INT16_SCALES = (1e-9, 1e-6, 2e-5, 7.5e-5, 3e-4, 1e-2, 1.3)


def cases() -> Iterator[Case]:
    for index, shape in enumerate(_SHAPES):
        for number, scale in enumerate(_SCALES):
            beta = (1.0, 0.5, 3.7)[(index + number) % 3]
            zero = (0, -128, 127, 5)[(index + number) % 4]
            yield _case(shape, scale, zero, beta)
    for scale in (1e-3, 0.02, 0.09, 0.11, 0.123, 0.49, 0.51):
        yield _case((64, 8), scale, 0, 1.0)
    yield _case((1, 511), 1e-4, 0, 1.0)
    for index, shape in enumerate(_SHAPES):
        for number, scale in enumerate(_INT16_SCALES):
            yield _case(shape, scale, 0, (1.0, 0.5, 3.7)[(index + number) % 3], "int16")
    yield _case((2, 3000), 1e-6, 0, 1.0, "int16")


def _case(
    shape: tuple[int, ...], scale: float, zero: int, beta: float, dtype: str = "int8"
) -> Case:
    name = f"softmax_{dtype}_{shape}_{scale}_{zero}_{beta}"

    def add(model: ModelBuilder) -> None:
        scale_out, zero_out = (1 / 256, -128) if dtype == "int8" else (1 / 32_768, 0)
        source = model.input(shape, dtype=dtype, scale=scale, zero_point=zero)
        out = model.output(shape, dtype=dtype, scale=scale_out, zero_point=zero_out, name=name)
        model.operator(OPERATOR, [source], [out], "SoftmaxOptions", beta=beta)

    return Case(name, add)
