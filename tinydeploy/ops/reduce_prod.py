"""REDUCE_PROD of integers that are known before run time: part of computed shapes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Op, RawOperator, require
from tinydeploy.ops.movement import (
    constant_integers,
    normalize_axis,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class ReduceProd(Op):
    """Folded into a constant: it has no kernel."""

    axes: tuple[int, ...]
    keep: bool

    NAME: ClassVar[str] = "REDUCE_PROD"

    @classmethod
    def read(cls, raw: RawOperator) -> ReduceProd:
        source = raw.io.input(0)
        require(source.is_constant, "a product is only possible of values known before run time")
        axes = constant_integers(raw, 1, "list of axes")
        unique = {normalize_axis(axis, len(source.shape)) for axis in axes}
        return cls(tuple(sorted(unique)), bool(raw.options.get("KeepDims", False)))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        shape = io.input(0).shape
        require(io.output.dtype in {DType.INT32, DType.INT64}, "a product of integers is needed")
        require(all(axis < len(shape) for axis in self.axes), "an axis is out of range")
        sizes = [1 if axis in self.axes else size for axis, size in enumerate(shape)]
        left = [size for axis, size in enumerate(sizes) if axis not in self.axes]
        require_shape(io.output, sizes if self.keep else left)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        source = io.input(0)
        if source.data is None:
            return None
        product = np.prod(source.data, self.axes, source.dtype.numpy, keepdims=self.keep)
        return (np.asarray(product, source.dtype.numpy),)
