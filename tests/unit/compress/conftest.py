from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.models.random_convnets import ConvnetMaker
from tests.support.effort import effort
from tinydeploy.frontend.tensorflow_env import import_keras

RANDOM_MODELS = effort(usual=20, long=50)

MakeModel = Callable[[int], Any]


@pytest.fixture(scope="session")
def keras() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_keras()


@pytest.fixture(scope="session")
def random_model(keras: Any) -> MakeModel:
    """The random model of a seed, the same one each time.

    It computes in float64: there a mistake can't pass for a rounding error.
    """

    def make(seed: int) -> Any:
        keras.utils.clear_session()
        # Two settings: the first is of inputs, the second of layers.
        floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        try:
            return ConvnetMaker(keras, seed).model()
        finally:
            keras.config.set_floatx(floatx)
            keras.config.set_dtype_policy(policy)

    return make


@pytest.fixture
def residual_model(keras: Any) -> Any:
    """A 12x12x3 classifier with a residual, a depthwise block and a concatenation."""
    layers = keras.layers
    image = keras.Input((12, 12, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="stem")(image)
    x = stem = layers.ReLU()(layers.BatchNormalization(name="stem_bn")(x))
    x = layers.Conv2D(8, 3, padding="same", name="inner")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="inner_bn")(x))
    x = layers.Conv2D(8, 3, padding="same", name="outer")(x)
    x = layers.ReLU()(layers.Add()([layers.BatchNormalization(name="outer_bn")(x), stem]))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", name="depthwise")(x)
    x = layers.ReLU()(layers.BatchNormalization(name="depthwise_bn")(x))
    y = layers.Conv2D(6, 1, activation="relu", name="side")(x)
    x = layers.Dropout(0.3, name="dropout")(layers.Concatenate()([x, y]))
    x = layers.Conv2D(10, (3, 2), activation="relu", name="last")(x)
    x = layers.Dense(5, activation="softmax", name="scores")(layers.Flatten()(x))
    model = keras.Model(image, x)
    randomize(model)
    return model


def randomize(model: Any, seed: int = 0) -> None:
    """Weights, biases and statistics as a trained model has them."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        new = []
        for variable in layer.weights:
            positive = variable.path.rsplit("/", 1)[-1] in {"gamma", "moving_variance"}
            values = rng.normal(0, 0.3, variable.shape)
            new.append(np.abs(values) + 0.3 if positive else values)
        layer.set_weights(new)
