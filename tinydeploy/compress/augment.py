"""Changes that keep the class of an image: training sees each one a little different each time."""

from __future__ import annotations

import numpy as np

from tinydeploy.compress.dataset import Dataset
from tinydeploy.ir.graph import Array

_IMAGE_RANK = 4
_AT_ONCE = 1024  # so shifting takes no second copy of all samples
_SHIFT_SHARE = 8  # of the side: an image of 32 pixels moves by up to 4


def augment(images: Array, kind: str, rng: np.random.Generator) -> Array:
    """Return (samples, height, width, channels) shifted (edges repeat), mirrored, both or as is.

    Anything but images stays as it is.
    """
    if images.ndim != _IMAGE_RANK or kind == "none":
        return images
    changed = images
    if "shift" in kind:
        changed = _shifted(changed, rng)
    if "flip" in kind:
        mirrored = rng.random(len(images)) < 0.5
        changed = np.where(mirrored[:, None, None, None], changed[:, :, ::-1], changed)
    return changed


def augmented(data: Dataset, kind: str, rng: np.random.Generator) -> Dataset:
    """The samples, each changed by augment(); `data` itself for "none"."""
    if kind == "none":
        return data
    return Dataset(tuple(_augmented(x, kind, rng) for x in data.x), data.y)


def _augmented(samples: Array, kind: str, rng: np.random.Generator) -> Array:
    starts = range(0, len(samples), _AT_ONCE)
    return np.concatenate([augment(samples[s : s + _AT_ONCE], kind, rng) for s in starts])


def _shifted(images: Array, rng: np.random.Generator) -> Array:
    count, height, width, _ = images.shape
    down, right = max(1, height // _SHIFT_SHARE), max(1, width // _SHIFT_SHARE)
    padded = np.pad(images, ((0, 0), (down, down), (right, right), (0, 0)), mode="edge")
    tops = rng.integers(0, 2 * down + 1, count)
    lefts = rng.integers(0, 2 * right + 1, count)
    parts = zip(padded, tops, lefts, strict=True)
    return np.stack([image[t : t + height, left : left + width] for image, t, left in parts])
