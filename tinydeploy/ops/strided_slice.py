"""STRIDED_SLICE: NumPy's basic indexing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

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
class StridedSlice(Movement):
    """`begin`, `end`, `strides`: one number for each dimension of the index, as stored.

    Bit i of a mask speaks of entry i: begin or end left open, an ellipsis, a new dimension,
    or one element whose dimension goes away. With `offset`, ends count from their begins.
    """

    begin: tuple[int, ...]
    end: tuple[int, ...]
    strides: tuple[int, ...]
    begin_mask: int = 0
    end_mask: int = 0
    ellipsis_mask: int = 0
    new_axis_mask: int = 0
    shrink_axis_mask: int = 0
    offset: bool = False

    NAME: ClassVar[str] = "STRIDED_SLICE"

    @classmethod
    def read(cls, raw: RawOperator) -> StridedSlice:
        return cls(
            begin=constant_integers(raw, 1, "begin"),
            end=constant_integers(raw, 2, "end"),
            strides=constant_integers(raw, 3, "strides"),
            begin_mask=raw.options.get("BeginMask", 0),
            end_mask=raw.options.get("EndMask", 0),
            ellipsis_mask=raw.options.get("EllipsisMask", 0),
            new_axis_mask=raw.options.get("NewAxisMask", 0),
            shrink_axis_mask=raw.options.get("ShrinkAxisMask", 0),
            offset=bool(raw.options.get("Offset", False)),
        )

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_shape(io.output, self.output_shapes(io)[0])

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...]:
        shape: list[int] = []
        axis = 0
        for entry in self._index(io.input(0).shape):
            if entry is None:
                shape.append(1)
                continue
            size = io.input(0).shape[axis]
            axis += 1
            if isinstance(entry, slice):
                shape.append(len(range(*entry.indices(size))))
        return (tuple(shape),)

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        # The ellipsis keeps it a view where a single element is left.
        index: tuple[Any, ...] = (*self._index(inputs[0].shape), ...)
        yield Move(outputs[0], inputs[0][index])

    def _index(self, shape: Sequence[int]) -> tuple[slice | int | None, ...]:
        """The NumPy index, without ellipsis, of an input of that shape. Raises OpError."""
        entries = len(self.begin)
        require(entries == len(self.end) == len(self.strides), "begin, end and strides differ")
        ellipses = [i for i in range(entries) if self.ellipsis_mask >> i & 1]
        require(len(ellipses) <= 1, "there is more than one ellipsis")
        added = [i for i in range(entries) if self._adds_axis(i)]
        rest = len(shape) - (entries - len(ellipses) - len(added))
        require(rest >= 0, f"{entries} indices don't fit an input of {len(shape)} dimensions")
        whole = [slice(None)] * rest
        index: list[slice | int | None] = []
        for i in range(entries):
            if i in ellipses:
                index += whole
            elif i in added:
                index.append(None)
            else:
                taken = sum(entry is not None for entry in index)
                index.append(self._entry(i, shape[taken]))
        return tuple(index if ellipses else [*index, *whole])

    def _adds_axis(self, i: int) -> bool:
        return bool(self.new_axis_mask >> i & 1) and not self.ellipsis_mask >> i & 1

    def _entry(self, i: int, size: int) -> slice | int:
        begin, end, stride = self.begin[i], self.end[i], self.strides[i]
        require(stride != 0, "a stride is 0")
        if self.shrink_axis_mask >> i & 1:
            position = begin + size if begin < 0 else begin
            position = 0 if self.begin_mask >> i & 1 else position
            require(stride == 1, "an index of one element has a stride")
            require(0 <= position < size, f"element {begin} of {size} doesn't exist")
            return position
        start = None if self.begin_mask >> i & 1 else begin
        stop: int | None = end
        if self.offset:
            stop = slice(start, None, stride).indices(size)[0] + end
        return slice(start, None if self.end_mask >> i & 1 else stop, stride)


StridedSlice.KERNELS = movement_kernels("strided_slice")
