"""CONCATENATION: inputs one after the other along an axis."""

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
    movement_kernels,
    normalize_axis,
    require_same_quantization,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class Concatenation(Movement):
    """Any number of inputs whose shapes differ along `axis` only; nothing is rescaled."""

    axis: int

    NAME: ClassVar[str] = "CONCATENATION"

    @classmethod
    def read(cls, raw: RawOperator) -> Concatenation:
        activation = raw.options.get("FusedActivationFunction", 0)
        require(activation == 0, "a fused activation is not possible here")
        rank = len(raw.io.input(0).shape)
        return cls(normalize_axis(raw.options.get("Axis", 0), rank))

    def check(self, io: NodeIO) -> None:
        sources = self.sources(io)
        require_same_type(io, sources)
        require_same_quantization(io, sources)
        shapes = [io.input(i).shape for i in sources]
        require(all(len(s) == len(shapes[0]) for s in shapes), "the inputs differ in rank")
        normalize_axis(self.axis, len(shapes[0]))
        shape = list(shapes[0])
        shape[self.axis] = sum(s[self.axis] for s in shapes)
        for other in shapes:
            alike = (*other[: self.axis], shape[self.axis], *other[self.axis + 1 :])
            require(list(alike) == shape, "the inputs differ in shape beside the axis")
        require_shape(io.output, shape)

    def sources(self, io: NodeIO) -> tuple[int, ...]:
        return tuple(range(len(io.inputs)))

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        start = 0
        for index, source in enumerate(inputs):
            stop = start + source.shape[self.axis]
            yield Move(outputs[0][axis_slice(self.axis, start, stop)], source, index)
            start = stop


Concatenation.KERNELS = movement_kernels("concatenation")
