"""SPLIT and SPLIT_V: parts of the input along an axis."""

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
class _Parts(Movement):
    axis: int
    sizes: tuple[int, ...]
    """Length of each output along the axis."""

    VARIABLE_OUTPUTS: ClassVar[bool] = True

    def check(self, io: NodeIO) -> None:
        (index,) = self.sources(io)
        source = io.input(index)
        require_same_type(io, (index,))
        normalize_axis(self.axis, len(source.shape))
        require(len(io.outputs) == len(self.sizes), f"{len(self.sizes)} outputs are expected")
        total = source.shape[self.axis]
        require(
            min(self.sizes) > 0 and sum(self.sizes) == total,
            f"a dimension of {total} can't be split into {list(self.sizes)}",
        )
        for output, size in zip(io.outputs, self.sizes, strict=True):
            shape = source.shape
            require_shape(output, (*shape[: self.axis], size, *shape[self.axis + 1 :]))

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        (index,) = self.sources(io)
        start = 0
        for output, size in enumerate(self.sizes):
            part = inputs[index][axis_slice(self.axis, start, start + size)]
            yield Move(outputs[output], part, index, output)
            start += size


@dataclass(frozen=True, slots=True)
class Split(_Parts):
    """Equal parts; input 0 is the axis, input 1 the data."""

    NAME: ClassVar[str] = "SPLIT"

    @classmethod
    def read(cls, raw: RawOperator) -> Split:
        axis = _scalar(constant_integers(raw, 0, "axis"))
        shape = raw.io.input(1).shape
        axis = normalize_axis(axis, len(shape))
        parts = len(raw.io.outputs)
        require(raw.options.get("NumSplits", parts) == parts, "NumSplits is not what it has")
        require(shape[axis] % parts == 0, f"{shape[axis]} can't be split into {parts} equal parts")
        return cls(axis, (shape[axis] // parts,) * parts)

    def sources(self, io: NodeIO) -> tuple[int, ...]:
        return (1,)


@dataclass(frozen=True, slots=True)
class SplitV(_Parts):
    """Parts of given sizes (input 1), one of which may be -1: the rest. Input 2 is the axis."""

    NAME: ClassVar[str] = "SPLIT_V"

    @classmethod
    def read(cls, raw: RawOperator) -> SplitV:
        shape = raw.io.input(0).shape
        axis = normalize_axis(_scalar(constant_integers(raw, 2, "axis")), len(shape))
        sizes = constant_integers(raw, 1, "list of sizes")
        require(sizes.count(-1) <= 1, "more than one size is left open (-1)")
        rest = shape[axis] - sum(size for size in sizes if size != -1)
        return cls(axis, tuple(rest if size == -1 else size for size in sizes))


def _scalar(values: tuple[int, ...]) -> int:
    require(len(values) == 1, "the axis must be one number")
    return values[0]


Split.KERNELS = movement_kernels("split")
SplitV.KERNELS = movement_kernels("split_v")
