"""Which changes of images a trained model sees through, so that training may use them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinydeploy.compress.augment import augmented
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fit import float_accuracy

_LEAST_ACCURACY = 0.5
"""What a model says that is wrong more often says nothing about the changes."""
_TOLERATED_LOSS = 0.02
_KINDS = ("flip", "shift")


def harmless_augmentation(model: Any, data: Dataset, seed: int = 0) -> str:
    """Return what augmented() takes: all that costs a keras.Model at most 2 points of accuracy.

    Mirrored photos keep their class, mirrored digits don't: who was taught so answers so.
    """
    accuracy = float_accuracy(model, data)
    if accuracy < _LEAST_ACCURACY:
        return "none"
    harmless = []
    for kind in _KINDS:
        rng = np.random.default_rng(seed)
        changed = augmented(data, kind, rng)
        is_other = any(not np.array_equal(a, b) for a, b in zip(changed.x, data.x, strict=True))
        if is_other and float_accuracy(model, changed) >= accuracy - _TOLERATED_LOSS:
            harmless.append(kind)
    return "-".join(harmless) or "none"
