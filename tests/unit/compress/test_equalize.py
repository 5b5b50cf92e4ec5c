from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, FLOAT64_ERROR, relative_error
from tests.unit.compress.conftest import RANDOM_MODELS, MakeModel, randomize
from tinydeploy.compress.equalize import equalize


@pytest.mark.parametrize("seed", range(RANDOM_MODELS // 3))
def test_equalizing_changes_nothing(random_model: MakeModel, seed: int) -> None:
    """Of random models that have a pair to equalize."""
    for model in map(random_model, range(seed, 5000, RANDOM_MODELS)):
        equalized = equalize(model)
        if equalized.pairs:
            break
    assert equalized.pairs
    assert relative_error(model, equalized.model) < FLOAT64_ERROR


def _chain(keras: Any) -> Any:
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((9, 9, 3)),
            layers.Conv2D(6, 3, use_bias=False, name="first"),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, activation="relu", name="second"),
            layers.ZeroPadding2D(),
            layers.Conv2D(4, 1, activation="relu", name="third"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(5, activation="softmax", name="fourth"),
        ]
    )
    randomize(model)
    spread = np.logspace(0, -3, 6)
    kernel, bias = model.get_layer("second").get_weights()
    model.get_layer("second").set_weights([kernel * spread[:, None], bias * spread])
    kernel, *bias = model.get_layer("third").get_weights()
    model.get_layer("third").set_weights([kernel / spread[:, None], *bias])
    return model


def test_ranges_of_neighbours_become_equal(keras: Any) -> None:
    model = _chain(keras)
    equalized = equalize(model)
    wanted = ("first", "second"), ("second", "third"), ("third", "fourth")
    assert equalized.pairs == tuple(((maker,), (reader,)) for maker, reader in wanted)
    assert relative_error(model, equalized.model) < FLOAT32_ERROR
    first, second, third, fourth = (
        np.abs(equalized.model.get_layer(name).get_weights()[0])
        for name in ("first", "second", "third", "fourth")
    )
    between = second.max(axis=(0, 1))[:, 0]
    assert first.max(axis=(0, 1, 2)) == pytest.approx(between, rel=1e-2)
    assert third.max(axis=(0, 1, 3)) == pytest.approx(between, rel=1e-2)
    read = fourth.reshape(-1, 4, 5).max(axis=(0, 2))
    assert third.max(axis=(0, 1, 2)) == pytest.approx(read, rel=1e-2)


@pytest.mark.parametrize("activation", ["relu6", "tanh", "sigmoid"])
def test_what_clips_is_left_alone(keras: Any, activation: str) -> None:
    chain = [keras.layers.Dense(4, activation=activation), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((5,)), *chain])
    assert equalize(model).pairs == ()


@pytest.mark.parametrize("shifted", [lambda x: x + 1.0, lambda x: 1.0 - x])
def test_what_is_added_to_a_constant_is_left_alone(keras: Any, shifted: Any) -> None:
    image = keras.Input((6, 6, 3))
    x = shifted(keras.layers.Conv2D(4, 1)(image))
    model = keras.Model(image, keras.layers.Conv2D(2, 1)(x))
    assert equalize(model).pairs == ()


def test_layer_that_two_read_is_left_alone(keras: Any) -> None:
    image = keras.Input((6, 6, 3))
    x = keras.layers.Conv2D(3, 1, activation="relu")(image)
    y = keras.layers.Conv2D(3, 1)(x)
    model = keras.Model(image, keras.layers.Add()([x, y]))
    assert equalize(model).pairs == ()


def test_layer_that_is_called_twice_is_left_alone(keras: Any) -> None:
    image = keras.Input((6, 6, 3))
    shared = keras.layers.Conv2D(3, 1, activation="relu")
    model = keras.Model(image, keras.layers.Conv2D(2, 1)(shared(shared(image))))
    assert equalize(model).pairs == ()


def test_channels_across_a_residual_are_scaled_alike(keras: Any) -> None:
    layers = keras.layers
    image = keras.Input((6, 6, 3))
    start = layers.Conv2D(5, 3, padding="same", activation="relu", name="start")(image)
    x = layers.Conv2D(5, 3, padding="same", name="inner")(start)
    x = layers.ReLU()(layers.Add()([x, start]))
    x = layers.Dense(2, name="end")(layers.Flatten()(layers.MaxPooling2D()(x)))
    model = keras.Model(image, x)
    randomize(model)
    spread = np.logspace(0, -3, 5)
    ways = (("start", np.ones(3), spread), ("inner", spread, spread), ("end", spread, np.ones(2)))
    for name, read, made in ways:
        kernel, bias = model.get_layer(name).get_weights()
        by_channel = kernel.reshape(-1, len(read), kernel.shape[-1])
        scaled = (by_channel / read[:, None] * made).reshape(kernel.shape)
        model.get_layer(name).set_weights([scaled, bias * made])
    equalized = equalize(model)
    assert equalized.pairs == ((("start", "inner"), ("inner", "end")),)
    assert relative_error(model, equalized.model) < FLOAT32_ERROR
    start, inner = (
        np.abs(equalized.model.get_layer(name).get_weights()[0]).reshape(-1, 5).max(axis=0)
        for name in ("start", "inner")
    )
    made = np.maximum(start, inner)
    assert made.max() / made.min() < 20  # it was 1000
