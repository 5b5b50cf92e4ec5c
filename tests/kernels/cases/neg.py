"""NEG of float tensors, alone and as the converter leaves it: between 8-bit tensors."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case, zero_points
from tests.support.tflite_builder import ModelBuilder

OPERATOR = "NEG"

_SHAPES = ((1,), (1, 7), (3, 5), (1, 4, 3), (1, 3, 4, 2))


def cases() -> Iterator[Case]:
    for shape in _SHAPES:
        yield _case(shape, None)
        for points in zero_points():
            yield _case(shape, points)


def _case(shape: tuple[int, ...], points: tuple[int, int] | None) -> Case:
    name = f"neg_{'x'.join(map(str, shape))}_{points}"

    def add(model: ModelBuilder) -> None:
        if points is None:
            source = model.input(shape, dtype="float32")
            out = model.output(shape, dtype="float32", name=name)
            model.operator(OPERATOR, [source], [out], "NegOptions")
            return
        source = model.input(shape, scale=0.05, zero_point=points[0])
        real, negated = (model.tensor(shape, "float32") for _ in range(2))
        out = model.output(shape, scale=0.03, zero_point=points[1], name=name)
        model.operator("DEQUANTIZE", [source], [real])
        model.operator(OPERATOR, [real], [negated], "NegOptions")
        model.operator("QUANTIZE", [negated], [out])

    return Case(name, add)
