"""Cases for operators on two operands that are broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tests.kernels.case import Case, zero_points
from tests.support.tflite_builder import ModelBuilder

Shape = tuple[int, ...]

SHAPES: tuple[tuple[Shape, Shape], ...] = (
    ((), ()),
    ((1,), (1,)),
    ((7,), (7,)),
    ((1, 5, 5, 3), (1, 5, 5, 3)),
    ((2, 3, 4, 5, 6), (2, 3, 4, 5, 6)),
    ((1, 4, 6, 8), (8,)),
    ((8,), (1, 4, 6, 8)),
    ((1, 4, 6, 8), (1, 1, 1, 8)),
    ((1, 1, 1, 8), (1, 4, 6, 8)),
    ((1, 4, 6, 3), (1, 4, 6, 1)),
    ((1, 4, 6, 3), (1, 4, 1, 3)),
    ((1, 4, 1, 3), (1, 1, 6, 3)),
    ((3, 1), (1, 5)),
    ((2, 1, 3), (1, 4, 1)),
    ((1, 4, 6, 3), ()),
    ((), (1, 4, 6, 3)),
    ((1, 4, 6, 3), (1,)),
    ((1, 33), (1, 1)),
    ((1, 1, 1, 1), (2, 3)),
    ((2, 3, 1, 2, 3), (3, 2, 1, 1)),
    ((2, 1, 3, 1, 2, 1), (1, 4, 1, 2, 1, 3)),
    ((2, 2, 3, 2, 2, 5), (5,)),
)


@dataclass(frozen=True, slots=True)
class Operand:
    """Shape and quantization; `constant` operands hold random data."""

    shape: Shape
    scale: float = 0.05
    zero_point: int = 0
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Binary:
    """One operator on two operands."""

    operator: str
    first: Operand
    second: Operand
    scale: float
    zero_point: int
    options: str | None
    activation: int = 0

    def case(self, name: str) -> Case:
        def add(model: ModelBuilder) -> None:
            rng = np.random.default_rng(len(name))
            inputs = [_tensor(model, rng, operand) for operand in (self.first, self.second)]
            shape = np.broadcast_shapes(self.first.shape, self.second.shape)
            out = model.output(shape, scale=self.scale, zero_point=self.zero_point, name=name)
            fields: dict[str, Any] = {}
            if self.options and self.operator in {"ADD", "SUB", "MUL"}:
                fields["fusedActivationFunction"] = self.activation
            model.operator(self.operator, inputs, [out], self.options, **fields)

        return Case(name, add)


def _tensor(model: ModelBuilder, rng: np.random.Generator, operand: Operand) -> int:
    quantization: dict[str, Any] = {"scale": operand.scale, "zero_point": operand.zero_point}
    if operand.constant:
        data = rng.integers(-128, 128, operand.shape)
        return model.tensor(operand.shape, data=data, **quantization)
    return model.input(operand.shape, **quantization)


def arithmetic(
    operator: str, options: str, scales: tuple[tuple[float, float, float], ...]
) -> Iterator[Case]:
    """All shapes; then zero points, constants, activations; then `scales` (two inputs, output)."""
    name = operator.lower()
    for index, (first, second) in enumerate(SHAPES):
        points = zero_points()[index % len(zero_points())]
        model = Binary(
            operator,
            Operand(first, 0.04, points[0]),
            Operand(second, 0.07, 5),
            0.09,
            points[1],
            options,
        )
        yield model.case(f"{name}_shapes_{index}")
    shape = (1, 4, 5, 3)
    plain = Binary(operator, Operand(shape, 0.03, 3), Operand(shape, 0.05, -9), 0.06, 1, options)
    for first_zero, output_zero in zero_points():
        for second_zero in (-128, 127):
            model = replace(
                plain,
                first=replace(plain.first, zero_point=first_zero),
                second=replace(plain.second, zero_point=second_zero),
                zero_point=output_zero,
            )
            yield model.case(f"{name}_zero_points_{first_zero}_{second_zero}_{output_zero}")
    for activation in range(4):
        model = replace(plain, activation=activation)
        yield model.case(f"{name}_activation_{activation}")
        model = replace(model, scale=0.01, zero_point=-128)
        yield model.case(f"{name}_activation_{activation}_low_zero")
    constant = replace(plain, second=Operand((3,), 0.02, 4, constant=True))
    yield constant.case(f"{name}_constant_vector")
    yield replace(constant, first=constant.second, second=constant.first).case(
        f"{name}_vector_first"
    )
    yield replace(plain, second=Operand((), 0.02, 4, constant=True)).case(f"{name}_constant_scalar")
    yield replace(plain, second=replace(plain.second, constant=True)).case(f"{name}_constant_full")
    for index, (first_scale, second_scale, output_scale) in enumerate(scales):
        model = replace(
            plain,
            first=replace(plain.first, scale=first_scale, shape=(1, 300)),
            second=replace(plain.second, scale=second_scale, shape=(1, 300)),
            scale=output_scale,
        )
        yield model.case(f"{name}_scales_{index}")


def selection(operator: str) -> Iterator[Case]:
    """All shapes; then constants, zero points, and operands of different scales."""
    name = operator.lower()
    options = "MaximumMinimumOptions"
    for index, (first, second) in enumerate(SHAPES):
        model = Binary(operator, Operand(first, 0.05), Operand(second, 0.05), 0.05, 0, options)
        yield model.case(f"{name}_shapes_{index}")
        if index % 3 == 0:
            constant = replace(model, second=replace(model.second, constant=True))
            yield constant.case(f"{name}_constant_{index}")
    plain = Binary(operator, Operand((2, 40)), Operand((2, 40)), 0.05, 0, options)
    for zero_point in (-128, 3, 127):
        operand = replace(plain.first, zero_point=zero_point)
        model = replace(plain, first=operand, second=operand, zero_point=zero_point)
        yield model.case(f"{name}_zero_point_{zero_point}")
    for scale in (0.01, 3.0):
        different = replace(plain, second=replace(plain.second, scale=scale, zero_point=4))
        yield different.case(f"{name}_different_input_{scale}")
        yield replace(plain, scale=scale, zero_point=9).case(f"{name}_different_output_{scale}")
