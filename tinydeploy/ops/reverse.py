"""REVERSE_V2: some dimensions backwards."""

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
    normalize_axis,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class ReverseV2(Movement):
    """`axes` are the dimensions that run backwards."""

    axes: tuple[int, ...]

    NAME: ClassVar[str] = "REVERSE_V2"

    @classmethod
    def read(cls, raw: RawOperator) -> ReverseV2:
        rank = len(raw.io.input(0).shape)
        axes = constant_integers(raw, 1, "list of axes")
        return cls(tuple(normalize_axis(axis, rank) for axis in axes))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        for axis in self.axes:
            normalize_axis(axis, len(io.input(0).shape))
        require(len(set(self.axes)) == len(self.axes), "an axis is named twice")
        require_shape(io.output, io.input(0).shape)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(outputs[0], np.flip(inputs[0], self.axes))


ReverseV2.KERNELS = movement_kernels("reverse_v2")
