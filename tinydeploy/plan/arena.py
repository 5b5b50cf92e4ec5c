"""Where each buffer lives in the arena: lifetimes in, byte offsets out."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

ALIGNMENT_BYTES = 4
"""Every buffer starts at a multiple of this: int32 and float tensors need it."""

_EXHAUSTIVE_BUFFERS = 8
_MOST_STEPS = 400
_STEP_BUDGET = 200_000
"""A step of the local search takes time in the square of the number of buffers."""
_SEED = 0


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


Overlaps = Mapping[tuple[int, int], int | None]
"""(output buffer, input buffer) → bytes by which the output must start before the input, at
least, so that it only overwrites what has been read. Negative: it may start after it. None: it
may start exactly where the input does."""


def place(buffers: Sequence[Buffer], overlaps: Overlaps | None = None) -> Arena:
    """Place buffers so that no two that are alive together overlap, except as `overlaps` allows.

    First-fit over several orders (greedy-by-size of Pisarchyk and Lee, arXiv 2001.03288, among
    them); where that misses the lower bound, over all orders of a few buffers, or by a local
    search over the order of many.
    """
    problem = _Problem(buffers, overlaps or {})
    orders = [_order(buffers, key) for key in _ORDERS]
    best = min((problem.first_fit(order) for order in orders), key=_size)
    if _size(best) > problem.lower_bound():
        few = len(buffers) <= _EXHAUSTIVE_BUFFERS
        best = problem.search_all(best) if few else problem.search_nearby(best, orders)
    return Arena(tuple(offset for offset, _ in best), _size(best))


Spans = tuple[tuple[int, int], ...]
"""(offset, end) of each buffer, in bytes."""


def _size(spans: Spans) -> int:
    return align(max((end for _, end in spans), default=0))


_ORDERS: tuple[Callable[[Buffer], tuple[int, ...]], ...] = (
    lambda b: (-b.size_bytes, b.first),
    lambda b: (-(b.last - b.first), -b.size_bytes),
    lambda b: (b.first, -b.size_bytes),
    lambda b: (-b.last, -b.size_bytes),
)


def _order(buffers: Sequence[Buffer], key: Callable[[Buffer], tuple[int, ...]]) -> list[int]:
    return sorted(range(len(buffers)), key=lambda i: (*key(buffers[i]), i))


class _Problem:
    """Buffers to place, and which of them get in each other's way."""

    def __init__(self, buffers: Sequence[Buffer], overlaps: Overlaps) -> None:
        self._buffers = buffers
        self._overlaps = overlaps
        self._rivals = [
            tuple(j for j, other in enumerate(buffers) if j != i and buffer.overlaps(other))
            for i, buffer in enumerate(buffers)
        ]

    def first_fit(self, order: Sequence[int]) -> Spans:
        """Place buffers in `order`, each at the lowest offset that is free."""
        placed: dict[int, int] = {}
        for index in order:
            placed[index] = self._lowest_free(index, placed)
        return self._spans(placed)

    def search_all(self, best: Spans) -> Spans:
        """The best over all orders: depth first, cut where a branch can't beat the best."""
        bound, limit = self.lower_bound(), _size(best)
        stack: list[dict[int, int]] = [{}]
        while stack and limit > bound:
            placed = stack.pop()
            if len(placed) == len(self._buffers):
                best = self._spans(placed)
                limit = _size(best)
            for index in range(len(self._buffers)):
                if index not in placed:
                    offset = self._lowest_free(index, placed)
                    if align(offset + self._buffers[index].size_bytes) < limit:
                        stack.append({**placed, index: offset})
        return best

    def search_nearby(self, best: Spans, orders: Sequence[list[int]]) -> Spans:
        """Hill climbing from each order by moving one buffer at a time; repeatable."""
        steps = min(_MOST_STEPS, _STEP_BUDGET // len(self._buffers) ** 2)
        if not steps:
            return best
        bound, source = self.lower_bound(), random.Random(_SEED)  # noqa: S311 - no secret
        for start in orders:
            order, size = start, _size(self.first_fit(start))
            for _ in range(steps):
                if _size(best) <= bound:
                    return best
                moved = list(order)
                moved.insert(source.randrange(len(order)), moved.pop(source.randrange(len(order))))
                spans = self.first_fit(moved)
                if _size(spans) <= size:
                    order, size = moved, _size(spans)
                    best = min(best, spans, key=_size)
        return best

    def lower_bound(self) -> int:
        """No placement is smaller: in every layer, what is alive must have room."""
        layers = {buffer.first for buffer in self._buffers}
        return align(max((self._needed_in(layer) for layer in layers), default=0))

    def _needed_in(self, layer: int) -> int:
        alive = {i for i, b in enumerate(self._buffers) if b.first <= layer <= b.last}
        sizes = {i: self._buffers[i].size_bytes for i in alive}
        total = sum(sizes.values())
        for (output, source), distance in self._overlaps.items():
            if {output, source} <= alive:
                together = max(sizes[output], sizes[source] + max(distance or 0, 0))
                total -= max(0, sizes[output] + sizes[source] - together)
        return total

    def _lowest_free(self, index: int, placed: Mapping[int, int]) -> int:
        blocked = sorted(
            interval
            for other in self._rivals[index]
            if other in placed
            for interval in self._blocked(index, other, placed[other])
        )
        offset = 0
        for start, end in blocked:
            if offset <= start:
                break
            offset = max(offset, align(end))
        return offset

    def _blocked(self, index: int, other: int, at: int) -> tuple[tuple[int, int], ...]:
        """(a, b): beside `other` at offset `at`, `index` may start at a or below, or from b on."""
        size, end = self._buffers[index].size_bytes, at + self._buffers[other].size_bytes
        for pair in ((index, other), (other, index)):
            if pair in self._overlaps:
                distance = self._overlaps[pair]
                if distance is None:
                    return (at - size, at), (at, end)
                if pair[0] == index:
                    return ((max(at - size, at - distance), end),)
                return ((at - size, min(end, at + distance)),)
        return ((at - size, end),)

    def _spans(self, placed: Mapping[int, int]) -> Spans:
        offsets = (placed[i] for i in range(len(self._buffers)))
        return tuple((o, o + b.size_bytes) for o, b in zip(offsets, self._buffers, strict=True))


def align(offset: int) -> int:
    """`offset` rounded up to the alignment of a buffer."""
    return -(-offset // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
