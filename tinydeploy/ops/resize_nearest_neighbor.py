"""RESIZE_NEAREST_NEIGHBOR: each output pixel copies one input pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.movement import require_same_type, require_shape
from tinydeploy.ops.resize import Sampling, read_sampling, read_size, require_image_sizes

_DTYPES = {DType.INT8, DType.UINT8, DType.INT16, DType.FLOAT32}


@dataclass(frozen=True, slots=True)
class ResizeNearestNeighbor(Op):
    """Input and output NHWC; `size` is the output's (height, width)."""

    size: tuple[int, int]
    sampling: Sampling

    NAME: ClassVar[str] = "RESIZE_NEAREST_NEIGHBOR"

    @classmethod
    def read(cls, raw: RawOperator) -> ResizeNearestNeighbor:
        return cls(read_size(raw), read_sampling(raw))

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        require_same_type(io)
        require(source.dtype in _DTYPES, f"the input is {source.dtype.value}")
        require(len(source.shape) == 4, "the input must have 4 dimensions (NHWC)")
        require_shape(output, (source.shape[0], *self.size, source.shape[3]))
        require_image_sizes(source.shape[1:3], self.size)


def _nearest(length: int, size: int, sampling: Sampling) -> Array:
    """For each of `size` output positions the input position, in float32 as the reference."""
    aligned = sampling.align_corners and size > 1
    numerator, denominator = (length - 1, size - 1) if aligned else (length, size)
    scale = np.float32(numerator) / np.float32(denominator)
    offset = np.float32(0.5 if sampling.half_pixel_centers else 0.0)
    positions = (np.arange(size, dtype=np.float32) + offset) * scale
    # Halves go up: positions are never negative. The sum must not round to float32 again.
    rounded = positions.astype(np.float64) + (0.5 if sampling.align_corners else 0.0)
    nearest: Array = np.minimum(np.floor(rounded), length - 1).astype(np.uint16)
    return nearest


def _lower(op: ResizeNearestNeighbor, io: NodeIO) -> tuple[Call, ...]:
    source = io.input(0)
    pixel_bytes = source.shape[3] * source.dtype.size_bytes
    params = {
        "batches": source.shape[0],
        "image_bytes": math.prod(source.shape[1:3]) * pixel_bytes,
        "row_bytes": source.shape[2] * pixel_bytes,
        "pixel_bytes": pixel_bytes,
        "output_height": op.size[0],
        "output_width": op.size[1],
        "rows": _nearest(source.shape[1], op.size[0], op.sampling),
        "columns": _nearest(source.shape[2], op.size[1], op.sampling),
    }
    return (Call("td_resize_nearest_neighbor", params),)


ResizeNearestNeighbor.KERNELS = (Kernel("resize_nearest_neighbor_generic", Isa.GENERIC, _lower),)
