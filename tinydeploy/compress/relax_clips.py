"""ReLU6 → ReLU where the difference hardly ever shows: other passes can scale what goes through.

Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", arXiv
1906.04721, section 5.1.1, do so everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydeploy.compress.observe import observe
from tinydeploy.compress.rewrite import Weighted, rewrite
from tinydeploy.compress.spell_out import separate_activations
from tinydeploy.compress.wiring import clamp_name
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Array

_CLIP = 6.0
_MOST_CLIPPED = 0.01


def relax_clips(model: Any, samples: Sequence[Array]) -> Any:
    """Return a keras.Model whose ReLU6 are ReLU where at most 1 % of the values reach 6.

    `samples` holds one array (samples, *shape) for each input of the model. Raises CalibrationError
    where they don't fit, and what rewrite() raises.
    """
    traced = separate_activations(model)
    calls = [call for call in traced.calls if clamp_name(call.layer) == "relu6"]
    if not calls:
        return model
    clipped, count = np.zeros(len(calls)), 0
    for values in observe(traced.model, [call.outputs[0] for call in calls], samples):
        clipped += [len(value) * np.mean(value >= _CLIP) for value in values]
        count += len(values[0])
    # A layer that is called several times must hardly ever clip in any of its calls.
    kept = {c.layer.name for c, n in zip(calls, clipped, strict=True) if n > _MOST_CLIPPED * count}
    relu = import_keras().layers.ReLU
    names = {call.layer.name for call in calls} - kept
    return rewrite(traced.model, {name: (Weighted(relu(name=name)),) for name in names}).model
