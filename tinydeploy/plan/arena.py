"""Where each buffer lives in the arena: lifetimes in, byte offsets out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ALIGNMENT_BYTES = 4
"""Every buffer starts at a multiple of this: int32 and float tensors need it."""


@dataclass(frozen=True, slots=True)
class Buffer:
    """Memory that is needed from layer `first` to layer `last`, both included."""

    size_bytes: int
    first: int
    last: int

    def overlaps(self, other: Buffer) -> bool:
        """Whether both are needed during some layer."""
        return self.first <= other.last and other.first <= self.last


@dataclass(frozen=True, slots=True)
class Arena:
    """An offset for each buffer, and the size that holds them all, in bytes."""

    offsets: tuple[int, ...]
    size_bytes: int


def place(buffers: Sequence[Buffer]) -> Arena:
    """Place buffers so that no two that are alive together overlap.

    First-fit over several orders, the best taken; greedy-by-size (Pisarchyk and Lee, "Efficient
    Memory Management for Deep Neural Net Inference", arXiv 2001.03288) is among them.
    """
    arenas = [_first_fit(buffers, _order(buffers, key)) for key in _ORDERS]
    return min(arenas, key=lambda arena: arena.size_bytes)


_ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.size_bytes, b.first),
    lambda b: (-(b.last - b.first), -b.size_bytes),
    lambda b: (b.first, -b.size_bytes),
    lambda b: (-b.last, -b.size_bytes),
)


def _order(buffers: Sequence[Buffer], key: Callable[[Buffer], tuple[int, ...]]) -> list[int]:
    return sorted(range(len(buffers)), key=lambda i: (*key(buffers[i]), i))


def _first_fit(buffers: Sequence[Buffer], order: Sequence[int]) -> Arena:
    offsets: dict[int, int] = {}
    for index in order:
        neighbours = sorted(
            (offsets[other], offsets[other] + buffers[other].size_bytes)
            for other in offsets
            if buffers[index].overlaps(buffers[other])
        )
        offsets[index] = _lowest_gap(neighbours, buffers[index].size_bytes)
    end = max((offsets[i] + buffers[i].size_bytes for i in offsets), default=0)
    return Arena(tuple(offsets[i] for i in range(len(buffers))), align(end))


def _lowest_gap(taken: Sequence[tuple[int, int]], size_bytes: int) -> int:
    offset = 0
    for start, end in taken:
        if offset + size_bytes <= start:
            break
        offset = max(offset, align(end))
    return offset


def align(offset: int) -> int:
    """`offset` rounded up to the alignment of a buffer."""
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
