"""1x1 CONV_2D for the Arm DSP extension: three pixels by two channels at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Routine, Scratch
from tinydeploy.kernels.matrix_dsp import (
    PIXELS,
    MatrixKernel,
    Pair,
    matrix_sums,
    segment_pairs,
    shared_matrix,
    unrolled_matrix,
)
from tinydeploy.kernels.rounding_dsp import Sums
from tinydeploy.ops.window import Window

if TYPE_CHECKING:
    from tinydeploy.ops.conv_2d import Conv2D

_SMALLEST_DEPTH = 4
_DRIVER_BYTES = 250


def _lower(
    op: Conv2D, io: NodeIO, choose: Callable[[Sums, Sequence[Pair]], MatrixKernel | None]
) -> tuple[Call, ...] | None:
    """One call, or None where the window is not one pixel or the numbers are out of reach.

    Exact: products of raw inputs, the zero point in the bias (there is no padding), sums modulo
    2^32 whose final values fit, and a requantization that `rounding_dsp` has proven.
    """
    source, weights, output = io.input(0), io.input(1), io.output
    depth, channels = source.shape[3], output.shape[3]
    if not reads_single_pixels(op.window, io, weights.shape):
        return None
    sums = matrix_sums(io, op.activation, weights.constant)
    kernel = choose(sums, segment_pairs(depth)) if sums else None
    if kernel is None:
        return None
    pixels = output.size // channels
    params = {
        **kernel.fields,
        "widen": Routine("td_widen_s8_dsp"),
        "segments": (depth, 1, depth),
        "pixels": pixels,
        "outputs": channels,
        "columns": kernel.columns_bytes // 2,
    }
    rest_bytes = PIXELS * channels if pixels % PIXELS else 0
    return (
        Call(
            "td_conv_2d_1x1_s8_dsp",
            params,
            (Input(0), Output(), Scratch()),
            scratch_bytes=kernel.columns_bytes + rest_bytes,
            overlap_bytes=_overlap_bytes(pixels, depth, channels),
            code_bytes=_DRIVER_BYTES + kernel.code_bytes,
        ),
    )


def reads_single_pixels(window: Window, io: NodeIO, shape: tuple[int, ...]) -> bool:
    """Whether output pixels are input pixels, one after the other, with enough channels.

    `shape` is that of the weights, [output channels, kernel height, kernel width, input channels].
    """
    source, output = io.input(0), io.output
    return (
        shape[1:] == (1, 1, source.shape[3])
        and window.stride == (1, 1)
        and window.padding_before == (0, 0)
        and source.shape[3] >= _SMALLEST_DEPTH
        and output.shape[1:3] == source.shape[1:3]
    )


def _overlap_bytes(pixels: int, depth: int, channels: int) -> int:
    """How far before the input the output must start.

    Three pixels are read before any of their outputs is written. So after tile i the outputs end
    at 3 (i + 1) · channels, and what is still to be read starts at 3 (i + 1) · depth: linear in
    i, so the first and the last tile that is followed by another decide.
    """
    following = (pixels - 1) // PIXELS
    if following == 0:
        return -pixels * depth
    return max(PIXELS * i * (channels - depth) for i in (1, following))


def _lower_shared(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    return _lower(op, io, shared_matrix)


def _lower_unrolled(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
    return _lower(op, io, unrolled_matrix)


KERNELS = (
    Kernel("conv_2d_1x1_unrolled_dsp", Isa.DSP, _lower_unrolled),
    Kernel("conv_2d_1x1_dsp", Isa.DSP, _lower_shared),
)
