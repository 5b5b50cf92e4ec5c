"""Small classifiers of handwritten digits whose channels differ in range by a factor of 1000."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.datasets import load_digits

from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fit import Fit, fit
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import to_model_input
from tinydeploy.ir.graph import Array

_CHANNELS = 12
_SPREAD = 1000
_TRAINED = 1200
_CALIBRATED = 200


def digits(seed: int) -> tuple[Dataset, Dataset]:
    """Training and test samples, (8, 8, 1), in a random order."""
    found = load_digits()
    images = (found.images[..., None] / 16).astype(np.float32)
    order = np.random.default_rng(seed).permutation(len(images))
    data = Dataset((images,), found.target.astype(np.int64))
    return data.take(order[:_TRAINED]), data.take(order[_TRAINED:])


def fragile_model(keras: Any, train: Dataset, seed: int) -> Any:
    """A trained model with a residual, on whose way the channels differ."""
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    image = keras.Input((8, 8, 1))
    x = layers.Conv2D(_CHANNELS, 3, padding="same", activation="relu", name="first")(image)
    y = layers.Conv2D(_CHANNELS, 3, padding="same", activation="relu", name="second")(x)
    x = layers.Add()([x, y])
    x = layers.Conv2D(16, 3, strides=2, activation="relu", name="third")(x)
    scores = layers.Dense(10, activation="softmax", name="scores")(layers.Flatten()(x))
    model = keras.Model(image, scores)
    fit(model, train, Fit(8, learning_rate=5e-3, seed=seed))
    factors = _SPREAD ** -np.random.default_rng(seed).permutation(np.linspace(0, 1, _CHANNELS))
    _scale_channels(model, factors)
    return model


def _scale_channels(model: Any, factors: Array) -> None:
    """Multiply channels where they are made, divide where they are read: ReLU lets that pass."""
    one = np.ones(1)
    ways: Sequence[tuple[str, Array, Array]] = (
        ("first", one, factors),
        ("second", factors, factors),
        ("third", factors, one),
    )
    for name, read, made in ways:
        layer = model.get_layer(name)
        kernel, bias = layer.get_weights()
        layer.set_weights([kernel / read[:, None] * made, bias * made])


def int8_accuracy(model: Any, train: Dataset, test: Dataset) -> float:
    """By the reference kernels, ranges from training samples."""
    tflite = quantize(from_keras(model), train.calibration(_CALIBRATED)).tflite
    with Reference(tflite) as reference:
        (spec,) = reference.inputs
        results = reference.run_many([(to_model_input(x, spec),) for x in test.x[0]])
    answers = np.array([scores.argmax() for (scores,) in results])
    return float(np.mean(answers == test.y))
