"""Operators on two operands whose shapes are broadcast to the output's, as NumPy does it."""

from __future__ import annotations

import math
from itertools import groupby
from typing import Any

from tinydeploy.ir.graph import NodeIO, Tensor
from tinydeploy.ir.op import require

RANK = 6
"""TD_BROADCAST_RANK of the C kernels."""

Shape = tuple[int, ...]


def check_broadcast(io: NodeIO) -> None:
    """Require two inputs, and the output shape that they broadcast to, of at most rank 6."""
    require(len(io.inputs) == 2 and None not in io.inputs, "it needs two inputs")
    require(len(io.outputs) == 1, "it needs one output")
    first, second, output = io.input(0), io.input(1), io.output
    expected = _broadcast_shape(first.shape, second.shape)
    require(
        output.shape == expected,
        f"shapes {list(first.shape)} and {list(second.shape)} don't give {list(output.shape)}",
    )
    require(len(output.shape) <= RANK, f"more than {RANK} dimensions")


def broadcast_params(io: NodeIO) -> dict[str, Any]:
    """The fields `sizes`, `first_strides` and `second_strides` of a kernel that broadcasts.

    Neighbouring dimensions that both operands read alike become one, so that equal shapes are
    one long row, and a vector of channels is one row that repeats.
    """
    shape = io.output.shape
    aligned = [_aligned(io.input(i).shape, len(shape)) for i in (0, 1)]
    dimensions = [d for d in zip(shape, *aligned, strict=True) if d[0] > 1]
    merged = [
        tuple(math.prod(sizes) for sizes in zip(*group, strict=True))
        for _, group in groupby(dimensions, key=lambda d: (d[0] == d[1], d[0] == d[2]))
    ]
    padded = [(1, 1, 1)] * (RANK - len(merged)) + merged
    output, first, second = (tuple(sizes) for sizes in zip(*padded, strict=True))
    return {
        "sizes": output,
        "first_strides": _strides(first, output),
        "second_strides": _strides(second, output),
    }


def in_place_inputs(io: NodeIO) -> tuple[int, ...]:
    """The inputs that have an element for each of the output's, in the same order."""
    return tuple(i for i in (0, 1) if _same_elements(io.input(i), io.output))


def _same_elements(source: Tensor, output: Tensor) -> bool:
    # The output's shape is broadcast from the input's, so that equal sizes mean equal order.
    return source.size == output.size and source.dtype is output.dtype


def _broadcast_shape(first: Shape, second: Shape) -> Shape | None:
    rank = max(len(first), len(second))
    pairs = list(zip(_aligned(first, rank), _aligned(second, rank), strict=True))
    if any(a != b and 1 not in (a, b) for a, b in pairs):
        return None
    return tuple(max(pair) for pair in pairs)


def _aligned(shape: Shape, rank: int) -> Shape:
    return (1,) * (rank - len(shape)) + shape


def _strides(sizes: Shape, output: Shape) -> Shape:
    """Elements from one index to the next in each dimension; 0 where the operand repeats."""
    return tuple(
        0 if size != reference else math.prod(sizes[axis + 1 :])
        for axis, (size, reference) in enumerate(zip(sizes, output, strict=True))
    )
