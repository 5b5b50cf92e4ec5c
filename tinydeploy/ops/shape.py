"""SHAPE: the input's dimensions, always known before run time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Op, RawOperator, require
from tinydeploy.ops.movement import require_shape


@dataclass(frozen=True, slots=True)
class Shape(Op):
    """Folded into a constant: it has no kernel."""

    NAME: ClassVar[str] = "SHAPE"

    @classmethod
    def read(cls, raw: RawOperator) -> Shape:
        return cls()

    def check(self, io: NodeIO) -> None:
        integer = io.output.dtype in {DType.INT32, DType.INT64}
        require(integer, f"a shape can't be {io.output.dtype.value}")
        require_shape(io.output, (len(io.input(0).shape),))

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        return (np.array(io.input(0).shape, io.output.dtype.numpy),)
