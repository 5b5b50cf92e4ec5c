"""RESHAPE, SQUEEZE and EXPAND_DIMS: the same bytes under another shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Op, RawOperator, require


@dataclass(frozen=True, slots=True)
class _View(Op):
    IS_VIEW: ClassVar[bool] = True

    @classmethod
    def read(cls, raw: RawOperator) -> _View:
        return cls()

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        require(source.dtype is output.dtype, "input and output differ in type")
        require(
            source.size == output.size,
            f"{list(source.shape)} can't become {list(output.shape)}",
        )
        if source.quantization and output.quantization:
            same = source.quantization == output.quantization
            require(same, "input and output differ in scale or zero point")

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        source = io.input(0)
        return (source.data.reshape(io.output.shape),) if source.data is not None else None


@dataclass(frozen=True, slots=True)
class Reshape(_View):
    """Any shape with the same number of elements; input 1, the new shape, is not needed."""

    NAME: ClassVar[str] = "RESHAPE"


@dataclass(frozen=True, slots=True)
class Squeeze(_View):
    """Drops dimensions of size 1."""

    NAME: ClassVar[str] = "SQUEEZE"


@dataclass(frozen=True, slots=True)
class ExpandDims(_View):
    """Adds a dimension of size 1."""

    NAME: ClassVar[str] = "EXPAND_DIMS"
