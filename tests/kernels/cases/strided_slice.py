"""STRIDED_SLICE: strides of both signs, and every mask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "STRIDED_SLICE"

# shape, begin, end, strides, masks (begin, end, ellipsis, new axis, shrink axis)
_FIXED: tuple[tuple[Sequence[int], ...], ...] = (
    ((7,), (6,), (0,), (-1,), (0, 1, 0, 0, 0)),
    ((7,), (-1,), (-8,), (-2,), (0, 0, 0, 0, 0)),
    ((7,), (-100,), (100,), (3,), (0, 0, 0, 0, 0)),
    ((7,), (3,), (4,), (1,), (0, 0, 0, 0, 1)),
    ((7,), (-2,), (-1,), (1,), (0, 0, 0, 0, 1)),
    ((1, 8), (0, 2), (0, 6), (1, 1), (1, 1, 0, 0, 0)),
    ((1, 8), (0, -1), (1, 0), (1, 1), (1, 1, 0, 0, 2)),
    ((3, 8), (1, 0), (2, 0), (1, -1), (2, 2, 0, 0, 1)),
    ((2, 4, 6), (0, 1), (0, 2), (1, 1), (0, 0, 1, 0, 2)),
    ((2, 4, 6), (1, 0, 2), (2, 0, 3), (1, 1, 1), (0, 0, 2, 0, 5)),
    ((2, 4, 6), (0, 0, 1), (0, 0, 5), (1, 1, 2), (0, 0, 1, 2, 0)),
    ((4, 6), (0, 0, 0), (0, 0, 0), (1, 1, 1), (6, 6, 0, 1, 0)),
    ((4, 6), (0, 0, 0), (0, 0, 0), (1, 1, 1), (5, 5, 0, 2, 0)),
    ((4, 6), (1, 2), (3, 0), (1, 1), (0, 2, 0, 0, 0)),
    ((4, 6), (1,), (3,), (1,), (0, 0, 0, 0, 0)),
    ((1, 5, 6, 3), (0, 1, 1, 0), (0, -1, -1, 0), (1, 1, 1, 1), (9, 9, 0, 0, 0)),
    ((1, 5, 6, 3), (0, 0, 0, 0), (0, 0, 0, 0), (1, 2, 2, 1), (15, 15, 0, 0, 0)),
    ((1, 5, 6, 3), (0, 1, 0, 0), (0, 0, 0, 0), (1, 2, 3, 1), (13, 15, 0, 0, 0)),
    ((1, 5, 6, 3), (0, 0, 0, 2), (0, 0, 0, 3), (1, 1, 1, 1), (7, 7, 0, 0, 8)),
    ((1, 5, 6, 3), (0, 2, 3, 0), (0, 3, 4, 0), (1, 1, 1, 1), (9, 9, 0, 0, 6)),
    ((1, 5, 6, 3), (0, -1, -2), (0, -6, -7), (1, -2, -3), (1, 1, 0, 0, 0)),
    ((2, 2, 3, 4, 2), (0, 0, 2, 3, 1), (2, 1, -4, 0, 0), (1, 1, -1, -2, 1), (0, 0, 0, 0, 0)),
)


def cases() -> Iterator[Case]:
    types = dtypes()
    for number, (shape, begin, end, strides, masks) in enumerate(_FIXED):
        output = _output_shape(shape, begin, end, strides, masks)
        if 0 not in output:
            yield _case(f"fixed{number}", shape, (begin, end, strides), masks, output, next(types))
    rng = np.random.default_rng(17)
    for number in range(60):
        shape = rng.integers(1, 7, rng.integers(1, 5)).tolist()
        begin, end = (rng.integers(-8, 9, len(shape)).tolist() for _ in range(2))
        strides = rng.choice([-3, -2, -1, 1, 2, 3], len(shape)).tolist()
        masks = (int(rng.integers(0, 16)), int(rng.integers(0, 16)), 0, 0, 0)
        output = _output_shape(shape, begin, end, strides, masks)
        if 0 not in output:
            yield _case(f"random{number}", shape, (begin, end, strides), masks, output, next(types))


def _case(
    name: str,
    shape: Sequence[int],
    spans: Sequence[Sequence[int]],
    masks: Sequence[int],
    output: Sequence[int],
    dtype: str,
) -> Case:
    return movement_case(
        f"strided_slice_{name}",
        OPERATOR,
        [tuple(shape), *(int32(*values) for values in spans)],
        [output],
        dtype,
        "StridedSliceOptions",
        beginMask=masks[0],
        endMask=masks[1],
        ellipsisMask=masks[2],
        newAxisMask=masks[3],
        shrinkAxisMask=masks[4],
    )


def _output_shape(
    shape: Sequence[int],
    begin: Sequence[int],
    end: Sequence[int],
    strides: Sequence[int],
    masks: Sequence[int],
) -> tuple[int, ...]:
    index = tuple(
        ...
        if masks[2] >> i & 1
        else None
        if masks[3] >> i & 1
        else begin[i]
        if masks[4] >> i & 1
        else slice(
            None if masks[0] >> i & 1 else begin[i],
            None if masks[1] >> i & 1 else end[i],
            strides[i],
        )
        for i in range(len(begin))
    )
    return np.empty(tuple(shape))[index].shape
