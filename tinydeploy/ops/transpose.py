"""TRANSPOSE: the dimensions in another order."""

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
class Transpose(Movement):
    """Dimension i of the output is dimension permutation[i] of the input."""

    permutation: tuple[int, ...]

    NAME: ClassVar[str] = "TRANSPOSE"

    @classmethod
    def read(cls, raw: RawOperator) -> Transpose:
        rank = len(raw.io.input(0).shape)
        axes = constant_integers(raw, 1, "permutation")
        return cls(tuple(axis + rank if axis < 0 else axis for axis in axes))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_shape(io.output, self.output_shapes(io)[0])

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape = io.input(0).shape
        require(
            sorted(self.permutation) == list(range(len(shape))),
            f"{list(self.permutation)} is not an order of {len(shape)} dimensions",
        )
        return (tuple(shape[axis] for axis in self.permutation),)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(outputs[0], inputs[0].transpose(self.permutation))


Transpose.KERNELS = movement_kernels("transpose")
