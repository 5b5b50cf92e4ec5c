"""CONCATENATION of 1 to 5 inputs along every axis of 1 to 5 dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case

OPERATOR = "CONCATENATION"

_SHAPES = ((7,), (1, 5), (3, 4), (1, 9, 2), (2, 3, 5), (1, 4, 3, 6), (2, 3, 2, 5), (2, 2, 3, 1, 4))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for axis in range(len(shape)):
            for lengths in ((1, 3), (2, 1, 4), (5,), (1, 1, 2, 3, 1)):
                yield _case(shape, axis, lengths, next(types), negative=len(lengths) == 2)


def _case(
    shape: tuple[int, ...], axis: int, lengths: tuple[int, ...], dtype: str, negative: bool
) -> Case:
    def resized(length: int) -> tuple[int, ...]:
        return (*shape[:axis], length, *shape[axis + 1 :])

    return movement_case(
        f"concat_{'x'.join(map(str, shape))}_axis{axis}_{'_'.join(map(str, lengths))}",
        OPERATOR,
        [resized(length) for length in lengths],
        [resized(sum(lengths))],
        dtype,
        "ConcatenationOptions",
        axis=axis - len(shape) if negative else axis,
    )
