"""AVERAGE_POOL_2D and MAX_POOL_2D: one value of each channel for each position of a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.activation import Activation, activation_range, read_activation
from tinydeploy.ops.requantize import require_activations
from tinydeploy.ops.window import Window, check_window, read_window

_MOST_IN_16_BITS = 255
_CHANNELS_OF_WORD = 4
_MOST_INT16_IN_32_BITS = 65_535
"""Elements whose sum, and half their number for the rounding, fit an int32."""

_P = TypeVar("_P", bound="_Pool2D")
_Calls = tuple[Call, ...] | None


@dataclass(frozen=True, slots=True)
class _Pool2D(Op):
    """Input and output NHWC; `kernel` is (height, width).

    The reference never rescales here: it takes the output's scale to be the input's.
    """

    kernel: tuple[int, int]
    window: Window
    activation: Activation

    @classmethod
    def read(cls: type[_P], raw: RawOperator) -> _P:
        kernel = (int(raw.options.get("FilterHeight", 0)), int(raw.options.get("FilterWidth", 0)))
        return cls(
            kernel=kernel,
            window=read_window(raw, kernel),
            activation=read_activation(raw.options.get("FusedActivationFunction", 0)),
        )

    @property
    def area(self) -> int:
        """Elements under the window."""
        return self.kernel[0] * self.kernel[1]

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        require_activations(io)
        activation_range(self.activation, output)
        require(len(source.shape) == len(output.shape) == 4, "input and output must be NHWC")
        check_window(self.window, source.shape, self.kernel, output.shape)
        require(output.shape[3] == source.shape[3], "input and output differ in channels")
        require(output.shape[0] == source.shape[0], "input and output differ in batch size")


@dataclass(frozen=True, slots=True)
class AveragePool2D(_Pool2D):
    """The mean of the elements under the window that lie inside the image."""

    NAME: ClassVar[str] = "AVERAGE_POOL_2D"

    def check(self, io: NodeIO) -> None:
        # Not super(): a slotted dataclass is a new class, which super() doesn't know.
        _Pool2D.check(self, io)
        fits = io.input(0).dtype is DType.INT8 or self.area <= _MOST_INT16_IN_32_BITS
        require(fits, f"a window of {self.area:,} int16 elements: a sum could overflow 32 bits")


@dataclass(frozen=True, slots=True)
class MaxPool2D(_Pool2D):
    """The largest element under the window."""

    NAME: ClassVar[str] = "MAX_POOL_2D"


def _params(op: _Pool2D, io: NodeIO) -> dict[str, int]:
    source, output = io.input(0), io.output
    minimum, maximum = activation_range(op.activation, output)
    return {
        "batches": source.shape[0],
        "channels": source.shape[3],
        "input_height": source.shape[1],
        "input_width": source.shape[2],
        "output_height": output.shape[1],
        "output_width": output.shape[2],
        "kernel_height": op.kernel[0],
        "kernel_width": op.kernel[1],
        "stride_height": op.window.stride[0],
        "stride_width": op.window.stride[1],
        "padding_top": op.window.padding_before[0],
        "padding_left": op.window.padding_before[1],
        "output_minimum": minimum,
        "output_maximum": maximum,
    }


def _call(op: _Pool2D, io: NodeIO, function: str, dtype: DType, code_bytes: int = 0) -> _Calls:
    """One call of a kernel for activations of type `dtype`, or None for others."""
    if io.input(0).dtype is not dtype:
        return None
    return (Call(function, _params(op, io), code_bytes=code_bytes),)


def _lower_average(op: AveragePool2D, io: NodeIO) -> _Calls:
    return _call(op, io, "td_average_pool_2d_s8", DType.INT8)


def _lower_max(op: MaxPool2D, io: NodeIO) -> _Calls:
    return _call(op, io, "td_max_pool_2d_s8", DType.INT8)


def _lower_average_s16(op: AveragePool2D, io: NodeIO) -> _Calls:
    return _call(op, io, "td_average_pool_2d_s16", DType.INT16)


def _lower_max_s16(op: MaxPool2D, io: NodeIO) -> _Calls:
    return _call(op, io, "td_max_pool_2d_s16", DType.INT16)


def _lower_average_dsp(op: AveragePool2D, io: NodeIO) -> _Calls:
    """Sums are kept in 16 bits, as for MVE; four channels at a time."""
    if op.area > _MOST_IN_16_BITS or io.output.shape[3] < _CHANNELS_OF_WORD:
        return None
    return _call(op, io, "td_average_pool_2d_s8_dsp", DType.INT8, code_bytes=450)


def _lower_max_dsp(op: MaxPool2D, io: NodeIO) -> _Calls:
    if io.output.shape[3] < _CHANNELS_OF_WORD:
        return None
    return _call(op, io, "td_max_pool_2d_s8_dsp", DType.INT8, code_bytes=450)


def _lower_average_mve(op: AveragePool2D, io: NodeIO) -> _Calls:
    """Sums are kept in 16 bits: as many elements as can't overflow them."""
    if op.area > _MOST_IN_16_BITS:
        return None
    return _call(op, io, "td_average_pool_2d_s8_mve", DType.INT8, code_bytes=500)


def _lower_max_mve(op: MaxPool2D, io: NodeIO) -> _Calls:
    return _call(op, io, "td_max_pool_2d_s8_mve", DType.INT8, code_bytes=350)


AveragePool2D.KERNELS = (
    Kernel("average_pool_2d_mve", Isa.MVE, _lower_average_mve),
    Kernel("average_pool_2d_dsp", Isa.DSP, _lower_average_dsp),
    Kernel("average_pool_2d_generic", Isa.GENERIC, _lower_average),
    Kernel("average_pool_2d_s16_generic", Isa.GENERIC, _lower_average_s16),
)
MaxPool2D.KERNELS = (
    Kernel("max_pool_2d_mve", Isa.MVE, _lower_max_mve),
    Kernel("max_pool_2d_dsp", Isa.DSP, _lower_max_dsp),
    Kernel("max_pool_2d_generic", Isa.GENERIC, _lower_max),
    Kernel("max_pool_2d_s16_generic", Isa.GENERIC, _lower_max_s16),
)
