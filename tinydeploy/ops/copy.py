"""COPY: the input's bytes at another place. No model file holds it; passes insert it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator
from tinydeploy.ops.movement import (
    Move,
    Movement,
    movement_kernels,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class Copy(Movement):
    """Never folded: it is how a constant becomes an output."""

    NAME: ClassVar[str] = "COPY"

    @classmethod
    def read(cls, raw: RawOperator) -> Copy:
        return cls()

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_shape(io.output, io.input(0).shape)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        return None

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(outputs[0], inputs[0])


Copy.KERNELS = movement_kernels("copy")
