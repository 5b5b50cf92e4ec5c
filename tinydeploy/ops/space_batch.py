"""SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND: interleaved pixels to batches, and back.

The space side is padded (or cropped) to `blocks` times the batch side's size. Element (y, x) of
the padded space is element (y // block, x // block) of batch (y % block, x % block).
"""

from __future__ import annotations

import itertools
import math
import operator
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    Move,
    Movement,
    constant_integers,
    movement_kernels,
    require_same_quantization,
    require_same_type,
    require_shape,
)

_MAX_BLOCK = 1024
_SPATIAL_RANKS = (1, 2)


@dataclass(frozen=True, slots=True)
class _Blocks(Movement):
    blocks: tuple[int, ...]
    before: tuple[int, ...]
    """Padding or crop in front of each spatial dimension."""
    after: tuple[int, ...]

    @classmethod
    def read(cls, raw: RawOperator) -> _Blocks:
        blocks = constant_integers(raw, 1, "block shape")
        margins = constant_integers(raw, 2, "list of paddings or crops")
        require(len(blocks) in _SPATIAL_RANKS, f"{len(blocks)} spatial dimensions are unusual")
        require(all(1 <= block <= _MAX_BLOCK for block in blocks), "a block is out of range")
        require(len(margins) == 2 * len(blocks), "two margins a spatial dimension are needed")
        require(min(margins) >= 0, "a padding or crop is negative")
        return cls(blocks, margins[0::2], margins[1::2])

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_same_quantization(io)
        require_shape(io.output, self.output_shapes(io)[0])

    @abstractmethod
    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        """The only output's shape."""

    def _axes(self, shape: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """(size, block, sum of both margins) of each spatial axis."""
        require(len(shape) == len(self.blocks) + 2, "the input has an unexpected rank")
        margins = map(operator.add, self.before, self.after)
        return zip(shape[1:-1], self.blocks, margins, strict=True)

    def _pairs(self, space: Array, batched: Array) -> Iterator[tuple[Array, Array]]:
        """Matching views of the two sides: few, as neighbouring phases share one."""
        grid = batched.reshape(*self.blocks, space.shape[0], *batched.shape[1:])
        axes = zip(self.blocks, self.before, space.shape[1:-1], strict=True)
        for spans in itertools.product(*(_spans(*axis) for axis in axes)):
            yield _space_view(space, self.blocks, spans), _batched_view(grid, spans)


@dataclass(frozen=True, slots=True)
class SpaceToBatchNd(_Blocks):
    """The padding holds the zero point."""

    NAME: ClassVar[str] = "SPACE_TO_BATCH_ND"

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape = io.input(0).shape
        sizes = []
        for size, block, margin in self._axes(shape):
            require((size + margin) % block == 0, f"{block} doesn't divide {size + margin}")
            sizes.append((size + margin) // block)
        return ((shape[0] * math.prod(self.blocks), *sizes, shape[-1]),)

    def fill(self, io: NodeIO) -> int | float | None:
        quantization = io.output.quantization
        padded = any(self.before) or any(self.after)
        return (quantization.zero_points[0] if quantization else 0) if padded else None

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        for space, batched in self._pairs(inputs[0], outputs[0]):
            yield Move(batched, space)


@dataclass(frozen=True, slots=True)
class BatchToSpaceNd(_Blocks):
    """What the crops cut off is not computed."""

    NAME: ClassVar[str] = "BATCH_TO_SPACE_ND"

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape, phases = io.input(0).shape, math.prod(self.blocks)
        sizes = [size * block - margin for size, block, margin in self._axes(shape)]
        require(shape[0] % phases == 0, f"{phases} doesn't divide a batch of {shape[0]}")
        return ((shape[0] // phases, *sizes, shape[-1]),)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        for space, batched in self._pairs(outputs[0], inputs[0]):
            yield Move(space, batched)


@dataclass(frozen=True, slots=True)
class _Span:
    """Phases `phase` to `phase + phases - 1` of one axis, which hold the same batch positions.

    Their elements `first` to `first + count - 1` are the space's elements
    `start + phase number + block * element number`.
    """

    phase: int
    phases: int
    first: int
    count: int
    start: int


def _spans(block: int, before: int, size: int) -> Iterator[_Span]:
    def range_of(phase: int) -> tuple[int, int]:
        """(first element of the batch side inside the space, number of such elements)."""
        first = max(0, -(-(before - phase) // block))
        return first, max(0, -(-(size + before - phase) // block) - first)

    for (first, count), group in itertools.groupby(range(block), range_of):
        phases = list(group)
        if count:
            start = first * block + phases[0] - before
            yield _Span(phases[0], len(phases), first, count, start)


def _space_view(space: Array, blocks: Sequence[int], spans: Sequence[_Span]) -> Array:
    """[phases…, N, elements…, C] of the space side."""
    inner = space.strides[1:-1]
    outer = tuple(stride * block for stride, block in zip(inner, blocks, strict=True))
    phases, counts = (tuple(s.phases for s in spans), tuple(s.count for s in spans))
    corner = (slice(None), *(slice(span.start, None) for span in spans))
    return np.lib.stride_tricks.as_strided(
        space[corner],
        (*phases, space.shape[0], *counts, space.shape[-1]),
        (*inner, space.strides[0], *outer, space.strides[-1]),
    )


def _batched_view(grid: Array, spans: Sequence[_Span]) -> Array:
    """[phases…, N, elements…, C] of the batch side."""
    phases = (slice(span.phase, span.phase + span.phases) for span in spans)
    elements = (slice(span.first, span.first + span.count) for span in spans)
    box = (*phases, slice(None), *elements)
    return grid[box]


SpaceToBatchNd.KERNELS = movement_kernels("space_to_batch_nd")
BatchToSpaceNd.KERNELS = movement_kernels("batch_to_space_nd")
