"""Shapes and paddings for operators that pad."""

from __future__ import annotations

from collections.abc import Sequence

Paddings = tuple[tuple[int, int], ...]

PADDINGS: tuple[tuple[tuple[int, ...], Paddings], ...] = (
    ((5,), ((2, 3),)),
    ((1,), ((0, 7),)),
    ((1, 6), ((0, 0), (1, 0))),
    ((3, 4), ((1, 2), (0, 3))),
    ((1, 5, 3), ((0, 0), (2, 2), (0, 0))),
    ((2, 3, 4), ((1, 0), (0, 2), (3, 0))),
    ((1, 4, 4, 3), ((0, 0), (1, 1), (1, 1), (0, 0))),
    ((1, 5, 7, 2), ((0, 0), (0, 1), (0, 1), (0, 0))),
    ((1, 3, 3, 1), ((0, 0), (3, 2), (1, 4), (0, 0))),
    ((2, 3, 2, 4), ((1, 1), (0, 2), (2, 0), (1, 3))),
    ((1, 2, 2, 3), ((0, 0), (0, 0), (0, 0), (0, 5))),
    ((1, 2, 2, 3), ((0, 0), (0, 0), (0, 0), (0, 0))),
    ((1, 2, 3, 2, 2), ((0, 0), (1, 0), (0, 0), (0, 1), (2, 2))),
    ((2, 1, 1, 1, 3), ((1, 2), (0, 0), (2, 1), (1, 1), (0, 0))),
    ((1, 1, 1, 1), ((2, 2), (2, 2), (2, 2), (2, 2))),
)


def padded(shape: Sequence[int], paddings: Paddings) -> tuple[int, ...]:
    """The shape after padding."""
    return tuple(low + size + high for size, (low, high) in zip(shape, paddings, strict=True))
