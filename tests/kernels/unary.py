"""Cases for operators that map each 8-bit value by itself: every value appears in each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.kernels.case import Case, zero_points
from tests.support.tflite_builder import ModelBuilder

Shape = tuple[int, ...]

SHAPES: tuple[Shape, ...] = ((), (1,), (257,), (1, 7, 5, 3), (2, 1, 3, 2, 1, 5))
FULL: Shape = (1, 256)
"""Holds all values of an 8-bit type: see random_inputs()."""

SCALES = (
    (0.05, 0.05),
    (0.05, 0.003),
    (0.003, 0.05),
    (1.0, 1e-4),
    (1e-4, 1.0),
    (100.0, 90.0),
    (1e-6, 1e-6),
    (0.0235, 0.0233),
)


def unary_case(
    operator: str,
    name: str,
    source: dict[str, Any],
    output: dict[str, Any],
    shape: Shape = FULL,
    options: str | None = None,
    **fields: Any,
) -> Case:
    """One operator; `source` and `output` are the arguments of the tensors."""

    def add(model: ModelBuilder) -> None:
        inputs = [model.input(shape, **source)]
        out = model.output(shape, name=name, **output)
        model.operator(operator, inputs, [out], options, **fields)

    return Case(name, add)


def unary_cases(
    operator: str,
    scales: Sequence[tuple[float, float]] = SCALES,
    options: str | None = None,
    dtypes: Sequence[str] = ("int8", "uint8"),
    output_zero: int | None = None,
    **fields: Any,
) -> Iterator[Case]:
    """Types, shapes, scales (input, output) and zero points; `output_zero` fixes the int8 one."""
    stem = operator.lower() + "".join(f"_{value}" for value in fields.values())
    for dtype in dtypes:
        shift = 128 if dtype == "uint8" else 0
        for index, pair in enumerate(scales):
            for zero_in, zero_out in _rotated(zero_points(), index):
                end = zero_out if output_zero is None else output_zero
                yield unary_case(
                    operator,
                    f"{stem}_{dtype}_{pair[0]}_{pair[1]}_{zero_in}_{zero_out}",
                    {"dtype": dtype, "scale": pair[0], "zero_point": zero_in + shift},
                    {"dtype": dtype, "scale": pair[1], "zero_point": end + shift},
                    options=options,
                    **fields,
                )
    for shape in SHAPES:
        end = 4 if output_zero is None else output_zero
        yield unary_case(
            operator,
            f"{stem}_shape_{'x'.join(map(str, shape))}",
            {"scale": scales[0][0], "zero_point": -3},
            {"scale": scales[0][1], "zero_point": end},
            shape,
            options,
            **fields,
        )


INT16_SCALES = (*((a / 256, b / 256) for a, b in SCALES), (1e-9, 2.0))


def int16_cases(operator: str, options: str | None = None) -> Iterator[Case]:
    """Scales, and a few shapes, of int16."""
    stem = f"{operator.lower()}_int16"
    for index, (first, second) in enumerate(INT16_SCALES):
        source = {"dtype": "int16", "scale": first}
        output = {"dtype": "int16", "scale": second}
        for shape in ((1, 500), SHAPES[index % len(SHAPES)], (3, index + 1)):
            yield unary_case(
                operator, f"{stem}_{first}_{second}_{shape}", source, output, shape, options
            )


def _rotated(points: tuple[tuple[int, int], ...], start: int) -> tuple[tuple[int, int], ...]:
    """Three of the pairs, others for each `start`."""
    return tuple(points[(start + step) % len(points)] for step in (0, 2, 3))
