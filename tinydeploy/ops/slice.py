"""SLICE: a box of the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    Move,
    Movement,
    constant_integers,
    movement_kernels,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class Slice(Movement):
    """Elements begin[i] to begin[i] + sizes[i] - 1 of each dimension i."""

    begin: tuple[int, ...]
    sizes: tuple[int, ...]

    NAME: ClassVar[str] = "SLICE"

    @classmethod
    def read(cls, raw: RawOperator) -> Slice:
        shape = raw.io.input(0).shape
        begin = constant_integers(raw, 1, "begin")
        sizes = constant_integers(raw, 2, "size")
        require(len(begin) == len(sizes) == len(shape), "begin and size don't match the rank")
        spans = zip(shape, begin, sizes, strict=True)
        # A size of -1 stands for the rest of the dimension.
        return cls(begin, tuple(n - b if s == -1 else s for n, b, s in spans))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_shape(io.output, self.output_shapes(io)[0])

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape = io.input(0).shape
        require(len(self.begin) == len(shape), "begin doesn't match the input's rank")
        for length, begin, size in zip(shape, self.begin, self.sizes, strict=True):
            inside = begin >= 0 and 0 < size <= length - begin
            require(inside, f"elements {begin} to {begin + size - 1} of {length} don't exist")
        return (self.sizes,)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        spans = zip(self.begin, self.sizes, strict=True)
        box = tuple(slice(begin, begin + size) for begin, size in spans)
        yield Move(outputs[0], inputs[0][box])


Slice.KERNELS = movement_kernels("slice")
