"""GATHER with constant indices: chosen slices along an axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    Move,
    Movement,
    axis_slice,
    constant_integers,
    movement_kernels,
    normalize_axis,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class Gather(Movement):
    """output[a, i, b] = input[a, indices[i], b] with `axis` in the middle."""

    axis: int
    indices: tuple[int, ...]
    indices_shape: tuple[int, ...]

    NAME: ClassVar[str] = "GATHER"

    @classmethod
    def read(cls, raw: RawOperator) -> Gather:
        indices = constant_integers(raw, 1, "list of indices")
        require(raw.options.get("BatchDims", 0) == 0, "batched indices are not supported")
        axis = normalize_axis(raw.options.get("Axis", 0), len(raw.io.input(0).shape))
        return cls(axis, indices, raw.io.input(1).shape)

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        shape = io.input(0).shape
        size = shape[normalize_axis(self.axis, len(shape))]
        require(all(0 <= i < size for i in self.indices), f"an index is not below {size}")
        sizes = (*shape[: self.axis], *self.indices_shape, *shape[self.axis + 1 :])
        require_shape(io.output, sizes)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        source, front = inputs[0], (slice(None),) * self.axis
        shape = (*source.shape[: self.axis], len(self.indices), *source.shape[self.axis + 1 :])
        target = outputs[0].reshape(shape)
        for start, count, step in _runs(self.indices):
            first = self.indices[start]
            last = first + step * count
            span = slice(first, last if last >= 0 else None, step)
            chosen = (*front, span)
            yield Move(target[axis_slice(self.axis, start, start + count)], source[chosen])


def _runs(indices: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """(position, length, step) of the longest evenly spaced runs, greedily from the front."""
    start = 0
    while start < len(indices):
        step = indices[start + 1] - indices[start] if start + 1 < len(indices) else 1
        count = 1
        while step and start + count < len(indices):
            if indices[start + count] - indices[start + count - 1] != step:
                break
            count += 1
        yield start, count, step or 1
        start += count


Gather.KERNELS = movement_kernels("gather")
