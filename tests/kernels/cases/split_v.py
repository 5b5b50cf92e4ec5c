"""SPLIT_V into unequal parts, one of them given as "the rest"."""

from __future__ import annotations

from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case, scalar

OPERATOR = "SPLIT_V"

_SHAPES = ((7,), (1, 12), (8, 5), (1, 9, 5), (7, 2, 3), (1, 7, 8, 3), (2, 3, 2, 9))
_SIZES = ((1, -1), (3, 2, -1), (-1,), (2, -1, 1))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for axis in range(len(shape)):
            for sizes in _SIZES:
                rest = shape[axis] - sum(size for size in sizes if size > 0)
                if rest > 0:
                    yield _case(shape, axis, sizes, rest, next(types))


def _case(shape: tuple[int, ...], axis: int, sizes: tuple[int, ...], rest: int, dtype: str) -> Case:
    lengths = [rest if size == -1 else size for size in sizes]
    given = lengths if len(sizes) == 2 and axis % 2 else sizes
    return movement_case(
        f"split_v_{'x'.join(map(str, shape))}_axis{axis}_{'_'.join(map(str, lengths))}",
        OPERATOR,
        [shape, int32(*given), scalar(axis - len(shape) if axis == 1 else axis)],
        [(*shape[:axis], length, *shape[axis + 1 :]) for length in lengths],
        dtype,
        "SplitVOptions",
        numSplits=len(sizes),
    )
