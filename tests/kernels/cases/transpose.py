"""TRANSPOSE: every order of up to 4 dimensions, some of 5 and 6."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from tests.kernels.case import Case
from tests.kernels.movements import dtypes, int32, movement_case

OPERATOR = "TRANSPOSE"

_LARGE = ((1, 4, 1, 3), (2, 3, 1, 4, 2), (2, 3, 2, 2, 3), (2, 1, 3, 2, 2, 3))
_SHAPES: tuple[tuple[int, ...], ...] = ((5,), (3, 7), (1, 4), (4, 3, 5), (1, 6, 2), (2, 3, 4, 5))


def cases() -> Iterator[Case]:
    types = dtypes()
    for shape in _SHAPES:
        for order in itertools.permutations(range(len(shape))):
            yield _case(shape, order, next(types))
    rng = np.random.default_rng(3)
    for large in _LARGE:
        for _ in range(4):
            yield _case(large, tuple(rng.permutation(len(large)).tolist()), next(types))


def _case(shape: tuple[int, ...], order: tuple[int, ...], dtype: str) -> Case:
    name = f"transpose_{'x'.join(map(str, shape))}_{''.join(map(str, order))}"
    output = [shape[axis] for axis in order]
    return movement_case(name, OPERATOR, [shape, int32(*order)], [output], dtype)
