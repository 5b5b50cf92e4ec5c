"""SOFTMAX models: shapes, beta, and input scales from flat to one-hot."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "SOFTMAX"

_SHAPES = ((1, 1), (1, 2), (1, 10), (4, 3), (2, 3, 5), (1, 2, 3, 7), (12,), (1, 100), (3, 257))
_SCALES = (1e-6, 0.004, 0.05, 0.2, 1.0, 7.5, 3e3)


def cases() -> Iterator[Case]:
    for index, shape in enumerate(_SHAPES):
        for number, scale in enumerate(_SCALES):
            beta = (1.0, 0.5, 3.7)[(index + number) % 3]
            zero = (0, -128, 127, 5)[(index + number) % 4]
            yield _case(shape, scale, zero, beta)
    for scale in (1e-3, 0.02, 0.09, 0.11, 0.123, 0.49, 0.51):
        yield _case((64, 8), scale, 0, 1.0)
    yield _case((1, 511), 1e-4, 0, 1.0)


def _case(shape: tuple[int, ...], scale: float, zero: int, beta: float) -> Case:
    name = f"softmax_{shape}_{scale}_{zero}_{beta}"

    def add(model: ModelBuilder) -> None:
        source = model.input(shape, scale=scale, zero_point=zero)
        out = model.output(shape, scale=1 / 256, zero_point=-128, name=name)
        model.operator(OPERATOR, [source], [out], "SoftmaxOptions", beta=beta)

    return Case(name, add)
