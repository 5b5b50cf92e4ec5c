"""PAD and PADV2: a border of one value around the input."""

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
    require_same_quantization,
    require_same_type,
    require_shape,
)


def read_paddings(raw: RawOperator) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(before, after) for each dimension from input 1, shaped [rank, 2]. Raises OpError."""
    values = constant_integers(raw, 1, "list of paddings")
    require(len(values) == 2 * len(raw.io.input(0).shape), "two paddings a dimension are needed")
    require(min(values, default=0) >= 0, "a padding is negative")
    return values[0::2], values[1::2]


def check_padded_shape(io: NodeIO, before: Sequence[int], after: Sequence[int]) -> None:
    """Require the output's shape: the input's plus both paddings."""
    shape = io.input(0).shape
    require(len(before) == len(after) == len(shape), "the paddings don't match the input's rank")
    sizes = zip(before, shape, after, strict=True)
    require_shape(io.output, [low + size + high for low, size, high in sizes])


def interior(padded: Array, shape: Sequence[int], before: Sequence[int]) -> Array:
    """The view of `padded` that holds the input."""
    spans = zip(before, shape, strict=True)
    return padded[tuple(slice(low, low + size) for low, size in spans)]


@dataclass(frozen=True, slots=True)
class Pad(Movement):
    """The border holds zero, which is the output's zero point where it is quantized."""

    before: tuple[int, ...]
    """Elements added in front of each dimension."""
    after: tuple[int, ...]

    NAME: ClassVar[str] = "PAD"

    @classmethod
    def read(cls, raw: RawOperator) -> Pad:
        return cls(*read_paddings(raw))

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        check_padded_shape(io, self.before, self.after)
        value, dtype = self.value(io), io.output.dtype.numpy
        if dtype.kind in "iu":
            limits = np.iinfo(dtype.name)
            require(limits.min <= value <= limits.max, "the zero point is out of range")

    def value(self, io: NodeIO) -> int:
        """The value of the border, as the output stores it."""
        quantization = io.output.quantization
        return quantization.zero_points[0] if quantization else 0

    def fill(self, io: NodeIO) -> int | float | None:
        return self.value(io) if any(self.before) or any(self.after) else None

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(interior(outputs[0], inputs[0].shape, self.before), inputs[0])


@dataclass(frozen=True, slots=True)
class PadV2(Pad):
    """The border holds the value of input 2, a constant in the output's scale."""

    NAME: ClassVar[str] = "PADV2"

    def check(self, io: NodeIO) -> None:
        value = io.input(2)
        require(value.is_constant and value.size == 1, "the padding value is not one constant")
        require_same_type(io, (0, 2))
        if io.output.quantization is not None:
            require_same_quantization(io, (2,))
        check_padded_shape(io, self.before, self.after)

    def value(self, io: NodeIO) -> int:
        number: int = io.input(2).constant.reshape(-1)[0].item()
        return number


Pad.KERNELS = movement_kernels("pad")
PadV2.KERNELS = movement_kernels("padv2")
