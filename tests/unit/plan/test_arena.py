"""Buffers that are alive together never overlap, and the arena is as small as it can be made."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from tinydeploy.plan.arena import ALIGNMENT_BYTES, Arena, Buffer, Overlaps, place

SETS = 500
SETS_PER_CASE = 50


def random_buffers(seed: int) -> tuple[Buffer, ...]:
    rng = np.random.default_rng(seed)
    layers = int(rng.integers(1, 16))
    buffers = []
    for _ in range(int(rng.integers(0, 15))):
        first, last = sorted(rng.integers(0, layers, 2).tolist())
        size = int(rng.choice([0, 1, 3, 4, int(rng.integers(1, 5000))]))
        buffers.append(Buffer(size, first, last))
    return tuple(buffers)


def greedy_by_size_bytes(buffers: tuple[Buffer, ...]) -> int:
    """Each buffer, largest first, at the lowest offset that is free: by trying every byte."""
    placed: list[tuple[int, Buffer]] = []
    for buffer in sorted(buffers, key=lambda b: -b.size_bytes):
        rivals = [(o, o + b.size_bytes) for o, b in placed if b.overlaps(buffer)]
        starts = (0, *(-(-end // ALIGNMENT_BYTES) * ALIGNMENT_BYTES for _, end in rivals))
        offset = min(
            start
            for start in starts
            if all(start + buffer.size_bytes <= low or high <= start for low, high in rivals)
        )
        placed.append((offset, buffer))
    return max((offset + b.size_bytes for offset, b in placed), default=0)


def assert_sound(buffers: tuple[Buffer, ...], arena: Arena) -> None:
    assert len(arena.offsets) == len(buffers)
    spans = [(o, o + b.size_bytes) for o, b in zip(arena.offsets, buffers, strict=True)]
    assert all(start >= 0 and start % ALIGNMENT_BYTES == 0 for start, _ in spans)
    assert all(end <= arena.size_bytes for _, end in spans)
    for (i, a), (j, b) in itertools.combinations(enumerate(buffers), 2):
        shared_layers = set(range(a.first, a.last + 1)) & set(range(b.first, b.last + 1))
        shared_bytes = min(spans[i][1], spans[j][1]) - max(spans[i][0], spans[j][0])
        assert not shared_layers or shared_bytes <= 0, (i, j)


@pytest.mark.parametrize("first", range(0, SETS, SETS_PER_CASE))
def test_random_sets_are_sound_and_no_worse_than_greedy_by_size(first: int) -> None:
    for seed in range(first, first + SETS_PER_CASE):
        buffers = random_buffers(seed)
        arena = place(buffers)
        assert_sound(buffers, arena)
        rounded = -(-greedy_by_size_bytes(buffers) // ALIGNMENT_BYTES) * ALIGNMENT_BYTES
        assert arena.size_bytes <= rounded, seed


def test_no_buffers_need_no_memory() -> None:
    assert place(()) == Arena((), 0)


def test_same_buffers_are_placed_the_same() -> None:
    for seed in range(20):
        buffers = random_buffers(seed)
        assert place(buffers) == place(buffers)


def test_a_chain_needs_its_two_largest_neighbours() -> None:
    sizes = (100, 400, 300, 200, 600, 8)
    buffers = tuple(Buffer(size, i, i + 1) for i, size in enumerate(sizes))
    assert place(buffers).size_bytes == 800


@pytest.mark.parametrize("distance", [None, 0, 40, -12])
def test_an_output_overlaps_its_input_only_as_allowed(distance: int | None) -> None:
    buffers = (Buffer(200, 0, 1), Buffer(200, 1, 2))
    overlaps: Overlaps = {(1, 0): distance}
    arena = place(buffers, overlaps)
    source, output = arena.offsets
    apart = output + 200 <= source or source + 200 <= output
    assert apart or (output == source if distance is None else output <= source - distance)
    assert arena.size_bytes == 200 + max(distance or 0, 0)
