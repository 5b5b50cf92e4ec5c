"""A tiny classifier and labelled data that `tinydeploy compress` finishes within seconds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.support.command_line import environment

SHAPE = (8, 8, 1)
CLASSES = 3
_SAMPLES = 120

_TRAIN = """
import sys
import numpy as np
from tinydeploy.frontend.tensorflow_env import import_tensorflow
import_tensorflow()
import keras
folder = sys.argv[1]
keras.utils.set_random_seed(1)
layers = keras.layers
model = keras.Sequential([
    keras.Input((8, 8, 1)), layers.Conv2D(12, 3, activation="relu", name="edges"),
    layers.Flatten(), layers.Dense(3, activation="softmax", name="scores"),
])
data = np.load(f"{folder}/data.npz")
model.compile("adam", "sparse_categorical_crossentropy")
model.fit(data["x"], data["y"], epochs=8, batch_size=16, verbose=0)
model.save(f"{folder}/model.keras")

@keras.saving.register_keras_serializable("tests")
class Doubled(layers.Layer):
    def call(self, x):
        return 2 * x

image = keras.Input((8, 8, 1))
flat = layers.Flatten()(image)
keras.Model(image, layers.Dense(3)(Doubled()(flat))).save(f"{folder}/custom.keras")
"""


def images() -> tuple[np.ndarray, np.ndarray]:
    """(samples, 8, 8, 1) with a bright bar at the top, middle or bottom, and which it is."""
    rng = np.random.default_rng(4)
    labels = np.arange(_SAMPLES) % CLASSES
    x = rng.random((_SAMPLES, *SHAPE), np.float32) / 2
    for index, label in enumerate(labels):
        x[index, 3 * label : 3 * label + 2] += 0.5
    return x, labels


def write_compressible(folder: Path) -> None:
    """Write data.npz, model.keras, and custom.keras, which can't be compressed."""
    x, y = images()
    np.savez(folder / "data.npz", x=x, y=y)
    command = [sys.executable, "-W", "ignore", "-c", _TRAIN, str(folder)]
    subprocess.run(command, check=True, capture_output=True, env=environment())
