"""The four networks of MLPerf Tiny with random weights, as models that anyone can build.

`python -m benchmarks.models FOLDER` writes them as int8; the runner does so by itself. With
`int16x8` after the folder, they have int16 activations. Shapes are those of
the benchmark's reference models, so instructions, memory and code compare with published figures.
"""

from __future__ import annotations

import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tinydeploy.config import Quantize
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.tensorflow_env import import_tensorflow

CALIBRATION_SAMPLES = 32


def norm_relu(keras: Any, x: Any) -> Any:
    """What follows each convolution of these networks."""
    return keras.layers.ReLU()(keras.layers.BatchNormalization()(x))


def conv(keras: Any, x: Any, channels: int, kernel: int | tuple[int, int], stride: int = 1) -> Any:
    """Convolution without activation."""
    layer = keras.layers.Conv2D(channels, kernel, strides=stride, padding="same", use_bias=False)
    return layer(x)


def separable(keras: Any, x: Any, channels: int, stride: int = 1) -> Any:
    """Depthwise 3x3, then 1x1."""
    layer = keras.layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)
    return norm_relu(keras, conv(keras, norm_relu(keras, layer(x)), channels, 1))


def classify(keras: Any, x: Any, classes: int) -> Any:
    """Average over the image, then a dense layer with softmax."""
    pooled = keras.layers.Flatten()(keras.layers.AveragePooling2D(tuple(x.shape[1:3]))(x))
    return keras.layers.Dense(classes, activation="softmax")(pooled)


def kws(keras: Any) -> Any:
    """Keyword spotting: DS-CNN on 49x10 MFCCs, 2.66 M MACs."""
    image = keras.Input((49, 10, 1))
    x = norm_relu(keras, conv(keras, image, 64, (10, 4), 2))
    for _ in range(4):
        x = separable(keras, x, 64)
    return keras.Model(image, classify(keras, x, 12))


def ic(keras: Any) -> Any:
    """Image classification: ResNet-8 on 32x32x3, 12.5 M MACs."""
    image = keras.Input((32, 32, 3))
    x = norm_relu(keras, conv(keras, image, 16, 3))
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        y = norm_relu(keras, conv(keras, x, channels, 3, stride))
        y = keras.layers.BatchNormalization()(conv(keras, y, channels, 3))
        x = x if stride == 1 else conv(keras, x, channels, 1, stride)
        x = keras.layers.ReLU()(keras.layers.Add()([x, y]))
    return keras.Model(image, classify(keras, x, 10))


def vww(keras: Any) -> Any:
    """Visual wake words: MobileNet v1 of width 0.25 on 96x96x3, 7.49 M MACs."""
    image = keras.Input((96, 96, 3))
    x = norm_relu(keras, conv(keras, image, 8, 3, 2))
    strided = {32: 2, 64: 2, 128: 2, 256: 2}
    for channels in (16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256):
        x = separable(keras, x, channels, strided.pop(channels, 1))
    return keras.Model(image, classify(keras, x, 2))


def ad(keras: Any) -> Any:
    """Anomaly detection: an autoencoder of dense layers, 0.26 M MACs."""
    x = spectrum = keras.Input((640,))
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        x = norm_relu(keras, keras.layers.Dense(units)(x))
    return keras.Model(spectrum, keras.layers.Dense(640)(x))


MODELS: dict[str, Callable[[Any], Any]] = {
    "kws_random": kws,
    "ic_random": ic,
    "vww_random": vww,
    "ad_random": ad,
}


def write_models(folder: Path, kind: Quantize = Quantize.INT8) -> None:
    """Write each model that `folder` lacks as NAME.tflite."""
    missing = [name for name in MODELS if not (folder / f"{name}.tflite").exists()]
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name in missing:
        part = folder / f"{name}.part"
        part.write_bytes(random_tflite(name, kind))
        part.replace(folder / f"{name}.tflite")


def random_tflite(name: str, kind: Quantize = Quantize.INT8) -> bytes:
    """The network `name` of MODELS. The same name gives the same weights."""
    import_tensorflow()
    import keras  # noqa: PLC0415 - slow, and only after the environment is set

    rng = np.random.default_rng(zlib.crc32(name.encode()))
    model = MODELS[name](keras)
    set_random_weights(model, rng)
    shape = (CALIBRATION_SAMPLES, *model.inputs[0].shape[1:])
    data = rng.normal(0, 1, shape).astype(np.float32)
    return quantize(from_keras(model), CalibrationData((data,)), kind).tflite


def set_random_weights(model: Any, rng: np.random.Generator) -> None:
    """Kernels that keep the scale of activations; normalizations that differ by channel."""
    for layer in model.layers:
        layer.set_weights([_random_weight(variable, rng) for variable in layer.weights])


def _random_weight(variable: Any, rng: np.random.Generator) -> Any:
    shape, name = tuple(variable.shape), variable.path.rsplit("/", 1)[-1]
    if name in ("gamma", "moving_variance"):
        return rng.uniform(0.7, 1.3, shape)
    if len(shape) == 1:
        return rng.normal(0, 0.2, shape)
    inputs = np.prod(shape[:-2]) if "depthwise" in variable.path else np.prod(shape[:-1])
    return rng.normal(0, np.sqrt(2 / inputs), shape)


if __name__ == "__main__":
    write_models(Path(sys.argv[1]), *map(Quantize, sys.argv[2:3]))
