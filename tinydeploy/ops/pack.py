"""PACK and UNPACK: tensors of one shape stacked along a new axis, and taken apart again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    Move,
    Movement,
    movement_kernels,
    normalize_axis,
    require_same_quantization,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class Pack(Movement):
    """Input i becomes index i of the output's dimension `axis`."""

    axis: int

    NAME: ClassVar[str] = "PACK"

    @classmethod
    def read(cls, raw: RawOperator) -> Pack:
        count = raw.options.get("ValuesCount", len(raw.io.inputs))
        require(count == len(raw.io.inputs), "ValuesCount is not the number of inputs")
        return cls(normalize_axis(raw.options.get("Axis", 0), len(raw.io.input(0).shape) + 1))

    def check(self, io: NodeIO) -> None:
        sources = self.sources(io)
        require_same_type(io, sources)
        require_same_quantization(io, sources)
        require_shape(io.output, self.output_shapes(io)[0])

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        sources, shape = self.sources(io), io.input(0).shape
        require(all(io.input(i).shape == shape for i in sources), "the inputs differ in shape")
        normalize_axis(self.axis, len(shape) + 1)
        return ((*shape[: self.axis], len(sources), *shape[self.axis :]),)

    def sources(self, io: NodeIO) -> tuple[int, ...]:
        return tuple(range(len(io.inputs)))

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        for index, source in enumerate(inputs):
            yield Move(_layer(outputs[0], self.axis, index), source, index)


@dataclass(frozen=True, slots=True)
class Unpack(Movement):
    """Output i is index i of the input's dimension `axis`."""

    axis: int

    NAME: ClassVar[str] = "UNPACK"
    VARIABLE_OUTPUTS: ClassVar[bool] = True

    @classmethod
    def read(cls, raw: RawOperator) -> Unpack:
        count = raw.options.get("Num", len(raw.io.outputs))
        require(count == len(raw.io.outputs), "Num is not the number of outputs")
        return cls(normalize_axis(raw.options.get("Axis", 0), len(raw.io.input(0).shape)))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_same_quantization(io)
        for output, shape in zip(io.outputs, self.output_shapes(io), strict=True):
            require_shape(output, shape)

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape = io.input(0).shape
        normalize_axis(self.axis, len(shape))
        require(shape[self.axis] == len(io.outputs), f"{shape[self.axis]} outputs are expected")
        return ((*shape[: self.axis], *shape[self.axis + 1 :]),) * len(io.outputs)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        for index, output in enumerate(outputs):
            yield Move(output, _layer(inputs[0], self.axis, index), output=index)


def _layer(array: Array, axis: int, index: int) -> Array:
    """`array[..., index, ...]` at `axis`, as a view even where nothing else is left."""
    position: tuple[Any, ...] = (*(slice(None),) * axis, index, ...)
    layer: Array = array[position]
    return layer


Pack.KERNELS = movement_kernels("pack")
Unpack.KERNELS = movement_kernels("unpack")
