"""The geometry of operators that slide a window over an image (NHWC)."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.ir.op import OpError, RawOperator, require

_SAME, _VALID = 0, 1
_LARGEST = 32_767  # so that no position in a dilated window overflows 32 bits


@dataclass(frozen=True, slots=True)
class Window:
    """Strides, dilations and explicit padding, each (height, width) where it has two fields."""

    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding_before: tuple[int, int] = (0, 0)
    padding_after: tuple[int, int] = (0, 0)

    def output_size(self, size: tuple[int, int], kernel: tuple[int, int]) -> tuple[int, int]:
        """Output (height, width) for an input of `size` under a window of `kernel` elements."""
        height, width = (
            (size[i] + self.padding_before[i] + self.padding_after[i] - self._extent(kernel, i))
            // self.stride[i]
            + 1
            for i in (0, 1)
        )
        return height, width

    def _extent(self, kernel: tuple[int, int], axis: int) -> int:
        return (kernel[axis] - 1) * self.dilation[axis] + 1


def read_window(raw: RawOperator, kernel: tuple[int, int]) -> Window:
    """The window that slides over input 0 (NHWC)."""
    shape = raw.io.input(0).shape
    require(len(shape) == 4, "the input must have 4 dimensions (NHWC)")
    return read_window_over(raw, (shape[1], shape[2]), kernel)


def read_window_over(raw: RawOperator, size: tuple[int, int], kernel: tuple[int, int]) -> Window:
    """The window over an image of `size` (height, width).

    Read from the options Padding, StrideH, StrideW and, where the operator has them,
    DilationHFactor and DilationWFactor.
    """
    stride = (int(raw.options.get("StrideH", 0)), int(raw.options.get("StrideW", 0)))
    dilation = (
        int(raw.options.get("DilationHFactor", 1)),
        int(raw.options.get("DilationWFactor", 1)),
    )
    fields = (*kernel, *stride, *dilation)
    require(
        min(fields) >= 1 and max(fields) <= _LARGEST,
        f"kernel {kernel}, stride {stride} or dilation {dilation} is outside 1 to {_LARGEST}",
    )
    padding = raw.options.get("Padding", _SAME)
    if padding == _VALID:
        return Window(stride, dilation)
    if padding != _SAME:
        raise OpError(f"padding {padding} is neither SAME nor VALID")
    top, bottom = _same_padding(size[0], kernel[0], stride[0], dilation[0])
    left, right = _same_padding(size[1], kernel[1], stride[1], dilation[1])
    return Window(stride, dilation, (top, left), (bottom, right))


def _same_padding(size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Padding before and after that makes output = ceil(size / stride); the odd one goes after."""
    output = -(-size // stride)
    total = max((output - 1) * stride + (kernel - 1) * dilation + 1 - size, 0)
    return total // 2, total - total // 2


def check_window(
    window: Window, input_shape: tuple[int, ...], kernel: tuple[int, int], output: tuple[int, ...]
) -> None:
    """Require that the output's height and width are what the window gives."""
    expected = window.output_size((input_shape[1], input_shape[2]), kernel)
    require(
        min(expected) >= 1 and (output[1], output[2]) == expected,
        f"a {kernel[0]}x{kernel[1]} window over {list(input_shape)} gives {list(expected)}, "
        f"not {list(output)}",
    )
