"""Cases that all reductions share."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tests.kernels.case import Case, zero_points
from tests.support.tflite_builder import ModelBuilder

# Input shape, axes.
_GEOMETRIES = (
    ((1, 4, 4, 3), (1, 2)),
    ((1, 7, 5, 8), (1, 2)),
    ((2, 3, 5, 4), (2, 1)),
    ((2, 3, 5, 4), (1,)),
    ((2, 3, 5, 4), (-1,)),
    ((2, 3, 5, 4), (0, 3)),
    ((2, 3, 5, 4), (0, 2)),
    ((2, 3, 5, 4), (1, 3)),
    ((2, 3, 5, 4), (0, 1, 2, 3)),
    ((1, 1, 1, 5), (1, 2)),
    ((1, 13), (1,)),
    ((4, 13), (0,)),
    ((9,), (0,)),
    ((3, 1, 7), (1,)),
    ((3, 6, 7), (-2, -1)),
    ((3, 6, 7), (-1, 2, 2)),
    ((1, 25, 5, 4), (1, 2)),
    ((2, 2, 3, 2, 3), (0, 2, 4)),
    ((2, 2, 3, 2, 3), (1, 3)),
    ((2, 3, 2, 3, 2, 3), (1, 3, 5)),
    ((1, 129, 33, 2), (1, 2)),
    ((1, 500), (1,)),
)
_SCALES = (
    (0.05, 0.05),
    (0.05, 0.011),
    (0.1, 0.031),
    (0.013, 0.017),
    (0.05, 0.004),
    (1.0, 1e-4),
    (0.021, 0.009),
    (1e-5, 2.0),
)
_ZERO_POINTS = ((0, 0), (3, -7), (-5, 20), (0, 1), (-2, -9), *zero_points())


def reduction_cases(operator: str, rescales: bool) -> Iterator[Case]:
    """Every geometry with and without kept dimensions; scales and zero points in turn."""
    for index, (shape, axes) in enumerate(_GEOMETRIES):
        for keep_dims in (True, False):
            turn = 2 * index + keep_dims
            scales, zeros = _SCALES[turn % len(_SCALES)], _ZERO_POINTS[turn % len(_ZERO_POINTS)]
            if operator == "SUM" and turn % 5:
                count = math.prod(shape[axis] for axis in {axis % len(shape) for axis in axes})
                scales = (scales[0], 4 * scales[1] * count)
            if not rescales:
                scales, zeros = (scales[0], scales[0]), (zeros[0], zeros[0])
            yield _case(operator, shape, axes, keep_dims, scales, zeros)


def int16_reduction_cases(operator: str) -> Iterator[Case]:
    """Every geometry; scales in turn."""
    for index, (shape, axes) in enumerate(_GEOMETRIES):
        first, second = _SCALES[index % len(_SCALES)]
        scales = (first / 256, second / 256)
        yield _case(operator, shape, axes, index % 2 == 0, scales, (0, 0), "int16")


def _case(
    operator: str,
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    keep_dims: bool,
    scales: tuple[float, float],
    zeros: tuple[int, int],
    dtype: str = "int8",
) -> Case:
    name = f"{dtype}_{shape}_{axes}_{keep_dims}_{scales}_{zeros}"
    reduced = {axis % len(shape) for axis in axes}
    kept = [1 if axis in reduced else n for axis, n in enumerate(shape)]
    if not keep_dims:
        kept = [n for axis, n in enumerate(shape) if axis not in reduced]

    def add(model: ModelBuilder) -> None:
        source = model.input(shape, dtype=dtype, scale=scales[0], zero_point=zeros[0])
        which = model.tensor((len(axes),), "int32", data=axes)
        out = model.output(kept, dtype=dtype, scale=scales[1], zero_point=zeros[1], name=name)
        model.operator(operator, [source, which], [out], "ReducerOptions", keepDims=keep_dims)

    return Case(name, add)
