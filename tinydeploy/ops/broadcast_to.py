"""BROADCAST_TO: the input repeated."""

from __future__ import annotations

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
    require_same_type,
)


@dataclass(frozen=True, slots=True)
class BroadcastTo(Movement):
    """Dimensions of size 1, and missing ones in front, repeat; the output's shape says how."""

    NAME: ClassVar[str] = "BROADCAST_TO"

    @classmethod
    def read(cls, raw: RawOperator) -> BroadcastTo:
        return cls()

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        source, target = io.input(0).shape, io.output.shape
        pairs = zip(reversed(source), reversed(target), strict=False)
        require(
            len(source) <= len(target) and all(size in {1, wide} for size, wide in pairs),
            f"{list(source)} can't be broadcast to {list(target)}",
        )

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...] | None:
        shape = io.optional(1)
        known = shape is not None and shape.data is not None
        return (constant_integers(RawOperator(io, {}), 1, "shape"),) if known else None

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(outputs[0], np.broadcast_to(inputs[0], outputs[0].shape))


BroadcastTo.KERNELS = movement_kernels("broadcast_to")
