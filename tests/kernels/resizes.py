"""Cases that the resizing operators share."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case, zero_points
from tests.support.tflite_builder import ModelBuilder

# Input shape, new height and width.
_GEOMETRIES = (
    ((1, 4, 4, 3), (8, 8)),
    ((1, 4, 4, 3), (2, 2)),
    ((1, 5, 7, 2), (10, 14)),
    ((1, 5, 7, 2), (3, 4)),
    ((2, 3, 5, 1), (7, 11)),
    ((1, 1, 1, 4), (3, 5)),
    ((1, 6, 1, 4), (1, 9)),
    ((1, 9, 9, 2), (1, 1)),
    ((1, 13, 11, 2), (29, 31)),
    ((1, 31, 29, 1), (13, 11)),
    ((3, 4, 6, 5), (4, 6)),
    ((1, 2, 2, 8), (50, 3)),
    ((1, 7, 3, 1), (97, 101)),
    ((1, 100, 90, 1), (33, 27)),
)


def resize_cases(
    operator: str, options: str, samplings: tuple[tuple[bool, bool], ...]
) -> Iterator[Case]:
    """Every geometry with each (align_corners, half_pixel_centers)."""
    for index, (shape, size) in enumerate(_GEOMETRIES):
        for sampling in samplings:
            zero = zero_points()[index % len(zero_points())][0]
            yield _case(operator, options, shape, size, sampling, zero)


def _case(
    operator: str,
    options: str,
    shape: tuple[int, int, int, int],
    size: tuple[int, int],
    sampling: tuple[bool, bool],
    zero: int,
) -> Case:
    name = f"{shape}_{size}_{sampling}_{zero}"

    def add(model: ModelBuilder) -> None:
        source = model.input(shape, scale=0.1, zero_point=zero)
        new_size = model.tensor((2,), "int32", data=size)
        out_shape = (shape[0], *size, shape[3])
        out = model.output(out_shape, scale=0.1, zero_point=zero, name=name)
        model.operator(
            operator,
            [source, new_size],
            [out],
            options,
            alignCorners=sampling[0],
            halfPixelCenters=sampling[1],
        )

    return Case(name, add)
