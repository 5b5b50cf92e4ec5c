"""Geometry of sliding windows, for the cases of convolutions and pools."""

from __future__ import annotations

SAME, VALID = 0, 1


def output_size(size: int, kernel: int, stride: int, dilation: int, padding: int) -> int:
    """Positions of a window along one dimension."""
    if padding == SAME:
        return -(-size // stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def output_sizes(
    sizes: tuple[int, int],
    kernel: tuple[int, int],
    strides: tuple[int, int],
    dilations: tuple[int, int],
    padding: int,
) -> tuple[int, int]:
    """Output height and width."""
    height, width = (
        output_size(sizes[i], kernel[i], strides[i], dilations[i], padding) for i in (0, 1)
    )
    return height, width
