"""PRELU models: a slope for each channel, and other shapes that broadcast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.kernels.binary import Binary, Operand
from tests.kernels.case import Case, zero_points

OPERATOR = "PRELU"

SHAPES = (
    ((7,), (7,)),
    ((1, 4, 5, 3), (3,)),
    ((1, 4, 5, 3), (1, 1, 3)),
    ((1, 4, 5, 3), (1, 1, 1, 3)),
    ((1, 4, 5, 3), (4, 5, 3)),
    ((2, 4, 5, 3), (4, 5, 3)),
    ((1, 4, 5, 3), (4, 1, 1)),
    ((1, 4, 5, 3), (1, 5, 1)),
    ((1, 4, 5, 3), (1,)),
    ((1, 4, 5, 3), ()),
    ((2, 33), (2, 33)),
    ((5, 17), (17,)),
    ((2, 6, 4), (4,)),
)


def cases() -> Iterator[Case]:
    for index, (shape, alpha) in enumerate(SHAPES):
        zero_in, zero_out = zero_points()[index % len(zero_points())]
        slope = Operand(alpha, 0.004, -3 * index, constant=True)
        model = Binary(OPERATOR, Operand(shape, 0.05, zero_in), slope, 0.04, zero_out, None)
        yield model.case(f"prelu_shapes_{index}")
        variable = replace(model, second=replace(slope, constant=False))
        yield variable.case(f"prelu_variable_{index}")
    plain = Binary(
        OPERATOR, Operand((10, 60), 0.05), Operand((60,), 0.01, 0, constant=True), 0.05, 0, None
    )
    for zero_in, zero_out in zero_points():
        model = replace(plain, first=replace(plain.first, zero_point=zero_in), zero_point=zero_out)
        yield model.case(f"prelu_zero_points_{zero_in}_{zero_out}")
        other = replace(model, second=replace(plain.second, zero_point=zero_out))
        yield other.case(f"prelu_slope_zero_{zero_in}_{zero_out}")
    for scale_in, scale_alpha, scale_out in (
        (0.05, 0.01, 1e-4),
        (1e-4, 0.01, 0.05),
        (0.05, 1e-6, 0.05),
        (0.05, 10.0, 0.05),
        (1.0, 1.0, 1e-6),
        (1e-9, 1e-9, 1e-9),
    ):
        model = replace(
            plain,
            first=replace(plain.first, scale=scale_in),
            second=replace(plain.second, scale=scale_alpha),
            scale=scale_out,
        )
        yield model.case(f"prelu_scales_{scale_in}_{scale_alpha}_{scale_out}")
