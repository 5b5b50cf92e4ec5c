"""Small models of every kind that a user may pass: made by TensorFlow's converter, once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tests.support.command_line import environment
from tests.support.tflite_builder import ModelBuilder

SAMPLES = 20
SHAPE = (8, 8, 1)

_CONVERT = """
import sys
import numpy as np
from tinydeploy.frontend.tensorflow_env import import_tensorflow
tf = import_tensorflow()
import keras
folder = sys.argv[1]
keras.utils.set_random_seed(1)
image = keras.Input((8, 8, 1))
x = keras.layers.Flatten()(keras.layers.Conv2D(32, 3, activation="relu")(image))
model = keras.Model(image, keras.layers.Dense(4, activation="softmax")(x))
model.save(f"{folder}/model.keras")
for kind in ("float", "hybrid", "float16"):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "float16":
        converter.target_spec.supported_types = [tf.float16]
    with open(f"{folder}/{kind}.tflite", "wb") as file:
        file.write(converter.convert())
"""


def write_models(folder: Path) -> None:
    """Write model.keras, its float, hybrid and float16 .tflite, int8.tflite, calibration.npz."""
    command = [sys.executable, "-W", "ignore", "-c", _CONVERT, str(folder)]
    subprocess.run(command, check=True, capture_output=True, env=environment())
    (folder / "int8.tflite").write_bytes(small_int8())
    (folder / "unsupported.tflite").write_bytes(unsupported())
    np.savez(folder / "calibration.npz", x=samples())


def samples() -> np.ndarray:
    """Calibration samples of model.keras."""
    return np.random.default_rng(2).random((SAMPLES, *SHAPE), np.float32)


def small_int8(names: Sequence[str] = ("in", "out"), channels: int = 4) -> bytes:
    """A fully connected int8 layer whose tensors have these names."""
    rng = np.random.default_rng(channels)
    builder = ModelBuilder()
    x = builder.input([1, 16], scale=0.02, zero_point=3, name=names[0])
    weights = rng.integers(-127, 128, (channels, 16), np.int8)
    w = builder.tensor([channels, 16], scale=0.01, data=weights, name=f"{names[0]} weights")
    b = builder.tensor(
        [channels], "int32", scale=0.0002, data=np.arange(channels), name=f"{names[1]} bias"
    )
    y = builder.output([1, channels], scale=0.03, zero_point=-5, name=names[1])
    builder.operator("FULLY_CONNECTED", [x, w, b], [y], "FullyConnectedOptions")
    return builder.build()


def unsupported() -> bytes:
    """An int8 model whose operator 1 (a cosine) has no integer kernel."""
    builder = ModelBuilder()
    x = builder.input([1, 4], scale=0.1, name="in")
    y = builder.tensor([1, 4], scale=0.1, name="middle")
    z = builder.output([1, 4], scale=0.1, name="out")
    builder.operator("RELU", [x], [y])
    builder.operator("COS", [y], [z], "CosOptions")
    return builder.build()
