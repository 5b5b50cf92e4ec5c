"""SLICE: boxes of 1 to 5 dimensions, sizes given or left open."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "SLICE"

_SHAPES = ((9,), (1, 8), (5, 4), (1, 7, 3), (3, 4, 5), (1, 6, 5, 4), (2, 3, 4, 5), (2, 2, 3, 4, 3))


def cases() -> Iterator[Case]:
    rng = np.random.default_rng(11)
    types = dtypes()
    for shape in _SHAPES:
        for number in range(5):
            begin = [int(rng.integers(0, size)) for size in shape]
            sizes = [int(rng.integers(1, n - b + 1)) for n, b in zip(shape, begin, strict=True)]
            rest = [-1 if b + s == n else s for n, b, s in zip(shape, begin, sizes, strict=True)]
            yield movement_case(
                f"slice_{'x'.join(map(str, shape))}_{number}",
                OPERATOR,
                [shape, int32(*begin), int32(*(rest if number % 2 else sizes))],
                [sizes],
                next(types),
            )
