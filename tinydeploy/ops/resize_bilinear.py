"""RESIZE_BILINEAR: each output pixel is a weighted mean of four input pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.movement import require_shape
from tinydeploy.ops.requantize import require_int8
from tinydeploy.ops.resize import Sampling, read_sampling, read_size, require_image_sizes

_ONE = 1024
"""Positions are in 1/1024 of a pixel."""


@dataclass(frozen=True, slots=True)
class ResizeBilinear(Op):
    """Input and output NHWC; `size` is the output's (height, width)."""

    size: tuple[int, int]
    sampling: Sampling

    NAME: ClassVar[str] = "RESIZE_BILINEAR"

    @classmethod
    def read(cls, raw: RawOperator) -> ResizeBilinear:
        return cls(read_size(raw), read_sampling(raw))

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        require_int8(source, "input")
        require_int8(output, "output")
        require(len(source.shape) == 4, "the input must have 4 dimensions (NHWC)")
        require_shape(output, (source.shape[0], *self.size, source.shape[3]))
        require_image_sizes(source.shape[1:3], self.size)
        both = self.sampling.align_corners and self.sampling.half_pixel_centers
        require(not both, "align_corners and half_pixel_centers exclude each other")
        for length, size in zip(source.shape[1:3], self.size, strict=True):
            # The rounded step may run past the last pixel of a very large output.
            inside = int(_lower_neighbours(_positions(length, size, self.sampling)).max()) < length
            require(inside, f"{length} pixels can't be resized to {size} in fixed point")


def _positions(length: int, size: int, sampling: Sampling) -> Array:
    """Where each of `size` output pixels lies in the input, in 1/1024 of a pixel."""
    aligned = sampling.align_corners and size > 1
    numerator, denominator = (length - 1, size - 1) if aligned else (length, size)
    step = (_ONE * numerator + denominator // 2) // denominator
    start = step // 2 - _ONE // 2 if sampling.half_pixel_centers else 0
    return np.arange(size) * step + start


def _lower_neighbours(positions: Array) -> Array:
    return np.maximum(positions, 0) // _ONE


def _tables(length: int, size: int, sampling: Sampling) -> tuple[Array, Array, Array]:
    """For each output position: lower and upper input position, and the upper one's weight."""
    positions = _positions(length, size, sampling)
    lower = _lower_neighbours(positions)
    upper = np.minimum((positions + _ONE - 1) // _ONE, length - 1)
    weights = positions - lower * _ONE
    return lower.astype(np.uint16), upper.astype(np.uint16), weights.astype(np.int16)


def _lower(op: ResizeBilinear, io: NodeIO) -> tuple[Call, ...]:
    source = io.input(0)
    rows = _tables(source.shape[1], op.size[0], op.sampling)
    columns = _tables(source.shape[2], op.size[1], op.sampling)
    params = {
        "batches": source.shape[0],
        "channels": source.shape[3],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "output_height": op.size[0],
        "output_width": op.size[1],
        "upper_rows": rows[0],
        "lower_rows": rows[1],
        "row_weights": rows[2],
        "left_columns": columns[0],
        "right_columns": columns[1],
        "column_weights": columns[2],
    }
    return (Call("td_resize_bilinear_s8", params),)


ResizeBilinear.KERNELS = (Kernel("resize_bilinear_generic", Isa.GENERIC, _lower),)
