from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydeploy.cache import CACHE_VARIABLE
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.tensorflow_env import import_tensorflow

SAMPLES = 24


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def keras() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import_tensorflow()
        import keras  # noqa: PLC0415 - slow to import

    keras.utils.set_random_seed(7)
    return keras


@pytest.fixture(scope="session")
def image_model(keras: Any) -> Any:
    """An 8x8x3 classifier: conv, batch norm, depthwise, flatten, dense, softmax."""
    layers = keras.layers
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(image)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, strides=2, padding="same", activation="relu")(x)
    x = layers.Dense(5, activation="softmax")(layers.Flatten()(x))
    return keras.Model(image, x)


@pytest.fixture(scope="session")
def images() -> Any:
    return np.random.default_rng(3).uniform(0, 1, (SAMPLES, 8, 8, 3)).astype(np.float32)


@pytest.fixture(scope="session")
def int8_model(image_model: Any, images: Any) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return quantize(from_keras(image_model), CalibrationData((images,))).tflite


@pytest.fixture
def calibration(tmp_path: Path, images: Any) -> Path:
    path = tmp_path / "calibration.npz"
    np.savez(path, x=images, y=np.arange(SAMPLES) % 5)
    return path
