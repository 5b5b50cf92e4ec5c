from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pytest

from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.harmless_augmentation import harmless_augmentation
from tinydeploy.frontend.tensorflow_env import import_keras

SIDE = 16


def sees(what: Literal["brightness", "side", "pixel"]) -> Any:
    """A classifier of two classes: light images, those lighter on the left, with a light pixel."""
    keras = import_keras()
    layers = keras.layers
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), layers.Flatten(), layers.Dense(2)])
    weights = np.zeros((SIDE, SIDE), np.float32)
    if what == "brightness":
        weights[:] = 1
    elif what == "side":
        weights[:, : SIDE // 2], weights[:, SIDE // 2 :] = 1, -1
    else:
        weights[SIDE // 2, SIDE // 2] = 1
    model.layers[-1].set_weights([np.stack([-weights.ravel(), weights.ravel()], 1), np.zeros(2)])
    return model


def images(model: Any, count: int = 200) -> Dataset:
    """Halves of different lightness with some noise, and what the model says of them."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 0.3, (count, SIDE, SIDE, 1))
    light, lighter = rng.choice([-2, 2], (2, count, 1, 1, 1))
    x[:, :, : SIDE // 2] += light + lighter / 4
    x[:, :, SIDE // 2 :] += light - lighter / 4
    return labelled(model, x.astype(np.float32))


def labelled(model: Any, x: Any) -> Dataset:
    return Dataset((x,), np.asarray(model(x)).argmax(axis=1))


@pytest.mark.parametrize(
    ("what", "expected"), [("brightness", "flip-shift"), ("side", "shift"), ("pixel", "none")]
)
def test_it_is_what_the_model_sees_through(what: Any, expected: str) -> None:
    model = sees(what)
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(200, SIDE, SIDE, 1)).astype(np.float32)
    data = labelled(model, noise) if what == "pixel" else images(model)
    assert harmless_augmentation(model, data) == expected


def test_a_model_that_knows_nothing_says_nothing_about_changes() -> None:
    model = sees("brightness")
    data = images(model)
    assert harmless_augmentation(model, Dataset(data.x, 1 - data.y)) == "none"


def test_vectors_are_no_images() -> None:
    keras = import_keras()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    x = np.random.default_rng(0).normal(size=(50, 4)).astype(np.float32)
    assert harmless_augmentation(model, labelled(model, x)) == "none"
