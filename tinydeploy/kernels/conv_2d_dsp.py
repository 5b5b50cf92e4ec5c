"""CONV_2D for the Arm DSP extension: three pixels by two channels at a time, any window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Routine, Scratch
from tinydeploy.kernels.conv_2d_1x1_dsp import reads_single_pixels
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
    from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D

Choose = Callable[[Sums, Sequence[Pair]], MatrixKernel | None]
"""Makes the matrix kernel for these sums and pairs of inputs, if it can."""

_SMALLEST_SEGMENT = 4
_SEGMENTS = 1 + PIXELS
_LARGEST_PADDED_BYTES = 1_024
"""A copy of an image up to here is worth its scratch memory."""
_DRIVER_BYTES = 600


def _lower(
    op: Conv2D | DepthwiseConv2D, io: NodeIO, weights: Array, choose: Choose, pads: bool
) -> tuple[Call, ...] | None:
    """One call, or None where there are several groups or the numbers are out of reach.

    None too for single pixels, for which `conv_2d_1x1_dsp` has a smaller driver.

    Weights are [output channels, kernel height, kernel width, input channels].

    Exact: padding is the zero point, so that the zero point can be in the bias everywhere; sums
    modulo 2^32 whose final values fit, and a requantization that `rounding_dsp` has proven.
    """
    source, output = io.input(0), io.output
    if weights.shape[3] != source.shape[3]:
        return None
    if reads_single_pixels(op.window, io, weights.shape):
        return None
    segment = weights.shape[2] * source.shape[3]
    segment_bytes = max(segment, _SMALLEST_SEGMENT)
    image = _image(op.window, source.shape, pads)
    sums = matrix_sums(io, op.activation, weights)
    kernel = choose(sums, _window_pairs(weights.shape[1], segment)) if sums else None
    if kernel is None:
        return None
    pixels = output.size // output.shape[3]
    whole = _whole_windows(op.window, image, weights.shape, output.shape[2])
    params: dict[str, Any] = {
        **kernel.fields,
        "widen": Routine("td_widen_s8_dsp"),
        "padded_bytes": image.padded_bytes,
        "image": (source.shape[1], source.shape[2] * source.shape[3], image.offset_bytes),
        "pixels": pixels,
        "outputs": output.shape[3],
        "columns": kernel.columns_bytes // 2,
        "row_bytes": image.row_bytes,
        "input_height": image.height,
        "input_width": image.width,
        "input_channels": source.shape[3],
        "output_height": output.shape[1],
        "output_width": output.shape[2],
        "kernel_height": weights.shape[1],
        "kernel_width": weights.shape[2],
        "stride_height": op.window.stride[0],
        "stride_width": op.window.stride[1],
        "dilation_height": op.window.dilation[0],
        "dilation_width": op.window.dilation[1],
        "padding_top": image.padding_top,
        "padding_left": image.padding_left,
        "input_zero_point": source.zero_point,
        "whole": whole,
        "steady": max(0, whole[1] - (PIXELS - 1) * op.window.stride[1]),
        "segment": segment,
        "rows": (segment_bytes, weights.shape[1], op.window.dilation[0] * image.row_bytes),
        "row": (segment_bytes, 1, segment_bytes),
    }
    rest_bytes = PIXELS * output.shape[3] if pixels % PIXELS else 0
    return (
        Call(
            "td_conv_2d_s8_dsp",
            params,
            (Input(0), Output(), Scratch()),
            scratch_bytes=image.padded_bytes
            + kernel.columns_bytes
            + rest_bytes
            + _SEGMENTS * segment_bytes,
            # A padded copy is made before any output is written.
            overlap_bytes=-source.size if image.padded_bytes else _overlap_bytes(op, io),
            code_bytes=_DRIVER_BYTES + kernel.code_bytes,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Image:
    """The image that windows are read from: the input, or a padded copy of it in scratch."""

    height: int
    width: int
    channels: int
    padding_top: int
    padding_left: int
    padded_bytes: int = 0
    offset_bytes: int = 0
    """Where the input starts in the padded copy."""

    @property
    def row_bytes(self) -> int:
        return self.width * self.channels


def _image(window: Window, shape: tuple[int, ...], pads: bool) -> _Image:
    """A padded copy, if it is wanted, small, and there is padding at all."""
    batches, height, width, channels = shape
    (top, left), (bottom, right) = window.padding_before, window.padding_after
    padded = _Image(height + top + bottom, width + left + right, channels, 0, 0)
    size_bytes = padded.height * padded.row_bytes
    has_padding = max(top, left, bottom, right) > 0
    if pads and has_padding and batches == 1 and size_bytes <= _LARGEST_PADDED_BYTES:
        offset_bytes = top * padded.row_bytes + left * channels
        return replace(padded, padded_bytes=size_bytes + -size_bytes % 4, offset_bytes=offset_bytes)
    return _Image(height, width, channels, top, left)


def _whole_windows(
    window: Window, image: _Image, shape: tuple[int, ...], output_width: int
) -> tuple[int, int]:
    """How many rows and columns windows may start in and lie wholly inside the image.

    0 where a window's rows are not read as they lie in the image at all.
    """
    if window.dilation[1] != 1 or shape[2] * shape[3] < _SMALLEST_SEGMENT:
        return 0, 0
    last_column = (output_width - 1) * window.stride[1] - image.padding_left
    return (
        max(0, image.height - (shape[1] - 1) * window.dilation[0]),
        max(0, min(image.width - shape[2], last_column) + 1),
    )


def _window_pairs(rows: int, segment: int) -> list[Pair]:
    """The pairs of all rows of a window; a short segment is widened with bytes that count as 0."""

    def shifted(index: int | None, row: int) -> int | None:
        return None if index is None or index >= segment else index + row * segment

    pairs = segment_pairs(max(segment, _SMALLEST_SEGMENT))
    return [(shifted(a, row), shifted(b, row)) for row in range(rows) for a, b in pairs]


def _overlap_bytes(op: Conv2D | DepthwiseConv2D, io: NodeIO) -> int:
    """How far before the input the output must start.

    The windows of three pixels are read before any of their outputs is written. So the outputs of
    the pixels up to each tile must end before the first byte that a later window may hold: the
    one at its start, or at the image's edge where it starts in the padding.
    """
    source, output = io.input(0), io.output
    batches, height, width, channels = source.shape
    first_rows, first_columns = (
        np.maximum(np.arange(output.shape[1 + i]) * op.window.stride[i] - before, 0)
        for i, before in enumerate(op.window.padding_before)
    )
    rows = (np.arange(batches)[:, None] * height + first_rows).reshape(-1)
    starts = ((rows[:, None] * width + first_columns) * channels).reshape(-1)
    following = np.arange(PIXELS, starts.size, PIXELS)
    if not following.size:
        return -source.size
    needed = np.minimum.accumulate(starts[::-1])[::-1]
    return int((following * output.shape[3] - needed[following]).max())


def _kernel(name: str, choose: Choose, pads: bool) -> Kernel:
    def lower(op: Conv2D, io: NodeIO) -> tuple[Call, ...] | None:
        return _lower(op, io, io.input(1).constant, choose, pads)

    return Kernel(name, Isa.DSP, lower)


def _depthwise_kernel(name: str, choose: Choose, pads: bool) -> Kernel:
    """For one input channel: then all output channels read the same windows, as in CONV_2D."""

    def lower(op: DepthwiseConv2D, io: NodeIO) -> tuple[Call, ...] | None:
        if io.input(0).shape[3] != 1:
            return None
        return _lower(op, io, io.input(1).constant.transpose(3, 1, 2, 0), choose, pads)

    return Kernel(name, Isa.DSP, lower)


KERNELS = (
    _kernel("conv_2d_unrolled_dsp", unrolled_matrix, pads=True),
    _kernel("conv_2d_dsp", shared_matrix, pads=False),
)
DEPTHWISE_KERNELS = (
    _depthwise_kernel("depthwise_conv_2d_one_channel_unrolled_dsp", unrolled_matrix, pads=True),
    _depthwise_kernel("depthwise_conv_2d_one_channel_dsp", shared_matrix, pads=False),
)
