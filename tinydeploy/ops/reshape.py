"""RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Op, RawOperator, require
from tinydeploy.ops.movement import require_same_quantization, require_same_type, require_shape


@dataclass(frozen=True, slots=True)
class _View(Op):
    IS_VIEW: ClassVar[bool] = True

    @classmethod
    def read(cls, raw: RawOperator) -> _View:
        return cls()

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        source, output = io.input(0), io.output
        require(
            source.size == output.size,
            f"{list(source.shape)} can't become {list(output.shape)}",
        )

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        source = io.input(0)
        return (source.data.reshape(io.output.shape),) if source.data is not None else None


@dataclass(frozen=True, slots=True)
class Reshape(_View):
    """Any shape with the same number of elements; input 1, where it is known, must agree."""

    NAME: ClassVar[str] = "RESHAPE"

    def check(self, io: NodeIO) -> None:
        # Not super(): a slotted dataclass is a new class, which super() doesn't know.
        _View.check(self, io)
        shapes = self.output_shapes(io)
        if shapes is not None:
            require_shape(io.output, shapes[0])

    def output_shapes(self, io: NodeIO) -> tuple[tuple[int, ...], ...] | None:
        shape = io.optional(1)
        if shape is None or shape.data is None:
            return None
        require(shape.dtype in {DType.INT32, DType.INT64}, "the new shape is not of integers")
        sizes = [int(size) for size in shape.data.reshape(-1)]
        require(sizes.count(-1) <= 1, f"the new shape {sizes} is open in more than one place")
        rest = math.prod(size for size in sizes if size != -1)
        require(rest > 0, f"the new shape {sizes} holds nothing")
        return (tuple(io.input(0).size // rest if size == -1 else size for size in sizes),)


@dataclass(frozen=True, slots=True)
class Squeeze(_View):
    """Drops dimensions of size 1."""

    NAME: ClassVar[str] = "SQUEEZE"

    def check(self, io: NodeIO) -> None:
        _View.check(self, io)
        _require_same_beside_ones(io.input(0).shape, io.output.shape)


@dataclass(frozen=True, slots=True)
class ExpandDims(_View):
    """Adds a dimension of size 1."""

    NAME: ClassVar[str] = "EXPAND_DIMS"

    def check(self, io: NodeIO) -> None:
        _View.check(self, io)
        require_same_quantization(io)
        _require_same_beside_ones(io.output.shape, io.input(0).shape)


def _require_same_beside_ones(longer: Sequence[int], shorter: Sequence[int]) -> None:
    """Require that one shape becomes the other by dropping dimensions of size 1."""
    same = [size for size in longer if size != 1] == [size for size in shorter if size != 1]
    require(
        same and len(longer) >= len(shorter),
        f"{list(longer)} and {list(shorter)} differ in more than dimensions of size 1",
    )
