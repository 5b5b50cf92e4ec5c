"""Block shapes and margins for SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Blocks:
    """`space` is the shape on the space side, `batched` that on the batch side."""

    name: str
    space: tuple[int, ...]
    batched: tuple[int, ...]
    blocks: tuple[int, ...]
    margins: tuple[tuple[int, int], ...]


def blocks() -> Iterator[Blocks]:
    """One and two spatial dimensions, margins smaller and larger than a block."""
    rng = np.random.default_rng(23)
    for number in range(48):
        spatial = 1 + number % 2
        batch, channels = int(rng.integers(1, 3)), int(rng.integers(1, 4))
        sizes = rng.integers(1, 8, spatial).tolist()
        block = rng.integers(1, 5, spatial).tolist()
        before = [0] * spatial if number % 5 == 0 else rng.integers(0, 6, spatial).tolist()
        after = [
            -(size + low) % step + step * int(rng.integers(0, 2))
            for size, low, step in zip(sizes, before, block, strict=True)
        ]
        margins = tuple(zip(before, after, strict=True))
        grid = [
            (size + low + high) // step
            for size, (low, high), step in zip(sizes, margins, block, strict=True)
        ]
        yield Blocks(
            f"{number}",
            (batch, *sizes, channels),
            (batch * int(np.prod(block)), *grid, channels),
            tuple(block),
            margins,
        )
