"""SPACE_TO_DEPTH and DEPTH_TO_SPACE: blocks of pixels to channels, and back. NHWC."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    Move,
    Movement,
    movement_kernels,
    require_same_type,
    require_shape,
)


@dataclass(frozen=True, slots=True)
class _Blocks(Movement):
    block: int

    @classmethod
    def read(cls, raw: RawOperator) -> _Blocks:
        return cls(raw.options.get("BlockSize", 0))


@dataclass(frozen=True, slots=True)
class SpaceToDepth(_Blocks):
    """[N, H, W, C] becomes [N, H / block, W / block, C * block * block]."""

    NAME: ClassVar[str] = "SPACE_TO_DEPTH"

    def check(self, io: NodeIO) -> None:
        _check(io, self.block)
        batch, height, width, channels = io.input(0).shape
        require(
            height % self.block == width % self.block == 0,
            f"blocks of {self.block} don't divide {height} x {width} pixels",
        )
        sizes = (height // self.block, width // self.block, channels * self.block**2)
        require_shape(io.output, (batch, *sizes))

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(_deep(outputs[0], self.block), _spatial(inputs[0], self.block))


@dataclass(frozen=True, slots=True)
class DepthToSpace(_Blocks):
    """[N, H, W, C] becomes [N, H * block, W * block, C / (block * block)]."""

    NAME: ClassVar[str] = "DEPTH_TO_SPACE"

    def check(self, io: NodeIO) -> None:
        _check(io, self.block)
        batch, height, width, channels = io.input(0).shape
        require(
            channels % self.block**2 == 0,
            f"blocks of {self.block} x {self.block} don't divide {channels} channels",
        )
        sizes = (height * self.block, width * self.block, channels // self.block**2)
        require_shape(io.output, (batch, *sizes))

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        yield Move(_spatial(outputs[0], self.block), _deep(inputs[0], self.block))


def _check(io: NodeIO, block: int) -> None:
    require_same_type(io)
    require(len(io.input(0).shape) == 4, "the input must be NHWC")
    require(block >= 1, f"a block of {block} is not possible")


def _spatial(array: Array, block: int) -> Array:
    """[N, H, W, C] as [N, H / block, W / block, row in block, column in block, C]."""
    batch, height, width, channels = array.shape
    shape = (batch, height // block, block, width // block, block, channels)
    view: Array = array.reshape(shape).transpose(0, 1, 3, 2, 4, 5)
    return view


def _deep(array: Array, block: int) -> Array:
    """[N, H, W, C * block * block] as [N, H, W, row in block, column in block, C]."""
    batch, height, width, channels = array.shape
    shape = (batch, height, width, block, block, channels // block**2)
    view: Array = array.reshape(shape)
    return view


SpaceToDepth.KERNELS = movement_kernels("space_to_depth")
DepthToSpace.KERNELS = movement_kernels("depth_to_space")
