"""SQUEEZE: all dimensions of size 1, or the named ones."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, movement_case

OPERATOR = "SQUEEZE"

_SHAPES = ((1, 5), (5, 1), (1, 4, 1, 3), (1, 1, 6), (2, 1, 3, 1), (1, 2, 1, 3, 1), (1, 1, 4, 1))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        ones = [axis for axis, size in enumerate(shape) if size == 1]
        for count in range(len(ones) + 1):
            for axes in itertools.combinations(ones, count):
                gone = axes or ones
                name = "".join(map(str, axes)) or "all"
                yield movement_case(
                    f"squeeze_{'x'.join(map(str, shape))}_{name}",
                    OPERATOR,
                    [shape],
                    [[size for axis, size in enumerate(shape) if axis not in gone]],
                    next(types),
                    "SqueezeOptions",
                    squeezeDims=list(axes),
                )
