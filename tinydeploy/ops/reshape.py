"""RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Op, RawOperator, require
from tinydeploy.ops.movement import require_same_quantization, require_same_type


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
        shape = io.optional(1)
        if shape is None or shape.data is None:
            return
        require(shape.dtype in {DType.INT32, DType.INT64}, "the new shape is not of integers")
        wanted, actual = shape.data.reshape(-1).tolist(), io.output.shape
        require(
            len(wanted) == len(actual)
            and all(new in {-1, old} for new, old in zip(wanted, actual, strict=True)),
            f"the new shape {wanted} is not the output's, {list(actual)}",
        )


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
