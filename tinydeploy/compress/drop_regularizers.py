"""Takes dropout and noise out of a model.

They keep a large network from learning its samples by heart. A small one with a teacher has no room
for that, and only learns less.
"""

from __future__ import annotations

from typing import Any

from tinydeploy.compress.fold_batch_norm import TRAINING_ONLY
from tinydeploy.compress.rewrite import rewrite


def drop_regularizers(model: Any) -> Any:
    """Return a keras.Model that infers the same, without layers that act in training alone."""
    traced = rewrite(model)
    found = {c.layer.name for c in traced.calls if type(c.layer).__name__ in TRAINING_ONLY}
    return rewrite(traced.model, dict.fromkeys(found, ())).model if found else model
