"""Runs samples through a model and looks at tensors in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Array

_BATCH = 32


def observe(model: Any, tensors: Sequence[Any], samples: Sequence[Array]) -> Iterator[list[Array]]:
    """Yield the values of symbolic `tensors` of a keras.Model, one list for each batch of samples.

    `samples` holds one array (samples, *shape) for each input of the model, in its order. Raises
    CalibrationError where they don't fit.
    """
    check_samples(model, samples)
    probe = from_keras(import_keras().Model(model.input, list(tensors)))
    for start in range(0, len(samples[0]), _BATCH):
        batch = [np.asarray(x[start : start + _BATCH], np.float32) for x in samples]
        yield [np.asarray(value) for value in probe.call(batch)]


def check_samples(model: Any, samples: Sequence[Array]) -> None:
    """Raise CalibrationError where `samples` are no inputs of a keras.Model."""
    wanted = [tuple(x.shape[1:]) for x in model.inputs]
    found = [np.shape(x)[1:] for x in samples]
    counts = {len(x) for x in samples}
    if wanted != found or len(counts) != 1 or counts == {0}:
        raise CalibrationError(
            f"the model's inputs have the shapes {wanted}, the samples {found} "
            f"({sorted(counts)} of them)",
            "Pass one array of samples for each input, all of one length.",
        )
