"""TILE: the input repeated along each axis."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    MAX_COPY_RANK,
    Move,
    Movement,
    constant_integers,
    movement_kernels,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class Tile(Movement):
    """`multiples`: how often each axis repeats."""

    multiples: tuple[int, ...]

    NAME: ClassVar[str] = "TILE"

    @classmethod
    def read(cls, raw: RawOperator) -> Tile:
        return cls(constant_integers(raw, 1, "list of multiples"))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_shape(io.output, self.output_shapes(io)[0])
        require(len(self._split(io.input(0).shape)) <= MAX_COPY_RANK, "too many axes repeat")

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape = io.input(0).shape
        require(len(shape) == len(self.multiples), "one multiple an axis is needed")
        require(min(self.multiples, default=1) >= 1, "a multiple is below 1")
        return (tuple(n * m for n, m in zip(shape, self.multiples, strict=True)),)

    def _split(self, shape: Sequence[int]) -> list[tuple[int, int]]:
        """(times, length) of each axis of the output in two, without those of size 1."""
        pairs = zip(self.multiples, shape, strict=True)
        halves = [half for times, size in pairs for half in ((times, 1), (1, size))]
        return [(times, size) for times, size in halves if times * size > 1]

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        halves = self._split(inputs[0].shape)
        target = outputs[0].reshape([times * size for times, size in halves])
        source = inputs[0].reshape([size for _, size in halves])
        yield Move(target, np.broadcast_to(source, target.shape))


Tile.KERNELS = movement_kernels("tile")
