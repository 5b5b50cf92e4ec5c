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

INT16_SCALES = (
    (2e-4, 2e-4, 2e-4),
    (1e-6, 2e-4, 2e-4),
    (2e-4, 1e-9, 2e-4),
    (1.0, 1.0, 1e-4),
    (1e-5, 2e-5, 10.0),
    (1e-30, 1.0, 1.0),
    (0.5, 0.25, 0.5),
    (1.3e-4, 1.71e-4, 2.09e-4),
)


@dataclass(frozen=True, slots=True)
class Operand:
    """Shape and quantization; `constant` operands hold random data."""

    shape: Shape
    scale: float = 0.05
    zero_point: int = 0
    constant: bool = False
    dtype: str = "int8"


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
    power_of_two: bool = False
    """An int16 ADD or SUB may take the form that shifts only."""

    def case(self, name: str) -> Case:
        def add(model: ModelBuilder) -> None:
            rng = np.random.default_rng(len(name))
            inputs = [_tensor(model, rng, operand) for operand in (self.first, self.second)]
            shape = np.broadcast_shapes(self.first.shape, self.second.shape)
            dtype = self.first.dtype
            out = model.output(
                shape, dtype=dtype, scale=self.scale, zero_point=self.zero_point, name=name
            )
            fields: dict[str, Any] = {}
            if self.options and self.operator in {"ADD", "SUB", "MUL"}:
                fields["fusedActivationFunction"] = self.activation
            if self.operator in {"ADD", "SUB"}:
                fields["potScaleInt16"] = self.power_of_two
            model.operator(self.operator, inputs, [out], self.options, **fields)

        return Case(name, add)


def _tensor(model: ModelBuilder, rng: np.random.Generator, operand: Operand) -> int:
    quantization: dict[str, Any] = {"scale": operand.scale, "zero_point": operand.zero_point}
    quantization["dtype"] = operand.dtype
    if operand.constant:
        limit = np.iinfo(operand.dtype).max
        data = rng.integers(-limit - 1, limit + 1, operand.shape)
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


def arithmetic_int16(operator: str, options: str) -> Iterator[Case]:
    """All shapes, activations and a constant; then other scales; all int16."""
    name = f"{operator.lower()}_int16"
    operands = [Operand((1, 300), scale, dtype="int16") for scale in (2e-4, 3e-4)]
    plain = Binary(operator, operands[0], operands[1], 4e-4, 0, options)
    for index, shapes in enumerate(SHAPES):
        yield _resized(plain, shapes).case(f"{name}_shapes_{index}")
    for activation in range(4):
        yield replace(plain, activation=activation).case(f"{name}_activation_{activation}")
    constant = replace(plain.second, shape=(300,), constant=True)
    yield replace(plain, second=constant).case(f"{name}_constant")
    for index, scales in enumerate(INT16_SCALES):
        yield _rescaled(plain, scales).case(f"{name}_scales_{index}")


def shifts_int16(operator: str, options: str) -> Iterator[Case]:
    """The form of ADD and SUB whose scales are powers of two, and scales that forbid it."""
    name = f"{operator.lower()}_shifts"
    operands = [Operand((1, 300), scale, dtype="int16") for scale in (2**-12, 2**-13)]
    plain = Binary(operator, operands[0], operands[1], 2**-12, 0, options, power_of_two=True)
    # The reference doesn't broadcast here.
    for first, second in SHAPES:
        if first == second:
            yield _resized(plain, (first, second)).case(f"{name}_shape_{first}")
    for activation in range(4):
        yield replace(plain, activation=activation).case(f"{name}_activation_{activation}")
    for shift in (0, 1, 2, 7, 14, 15):
        for scales in ((0.5, 0.5**shift / 2, 0.5), (0.5**shift / 8, 0.125, 0.125)):
            yield _rescaled(plain, scales).case(f"{name}_{scales}")
    for scale in (1 / 32767, 1.0006 / 32768, 1.0008 / 32768):  # the last is no power any more
        yield _rescaled(plain, (scale, scale / 2, scale)).case(f"{name}_nearly_{scale}")
    yield _rescaled(plain, (0.3, 0.5, 0.5)).case(f"{name}_not_allowed")


def _resized(model: Binary, shapes: tuple[Shape, Shape]) -> Binary:
    first, second = shapes
    return replace(
        model,
        first=replace(model.first, shape=first),
        second=replace(model.second, shape=second),
    )


def _rescaled(model: Binary, scales: tuple[float, float, float]) -> Binary:
    return replace(
        model,
        first=replace(model.first, scale=scales[0]),
        second=replace(model.second, scale=scales[1]),
        scale=scales[2],
    )


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
