"""What the resizing operators share: how output positions are laid over the input."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import constant_integers

_LARGEST = 32_767  # so that positions fit 16-bit tables


@dataclass(frozen=True, slots=True)
class Sampling:
    """Whether the corner pixels' centres, or the pixels' edges, of both images coincide."""

    align_corners: bool
    half_pixel_centers: bool


def read_sampling(raw: RawOperator) -> Sampling:
    """The options AlignCorners and HalfPixelCenters."""
    return Sampling(
        align_corners=bool(raw.options.get("AlignCorners", False)),
        half_pixel_centers=bool(raw.options.get("HalfPixelCenters", False)),
    )


def read_size(raw: RawOperator) -> tuple[int, int]:
    """The output's (height, width), which input 1 holds."""
    size = constant_integers(raw, 1, "new size")
    require(len(size) == 2, f"the new size has {len(size)} numbers, not 2")
    return size[0], size[1]


def require_image_sizes(before: tuple[int, ...], after: tuple[int, int]) -> None:
    """Require heights and widths that the position tables can hold."""
    sizes = (*before, *after)
    require(
        min(sizes) >= 1 and max(sizes) <= _LARGEST,
        f"a height or width is outside 1 to {_LARGEST}: {list(sizes)}",
    )
