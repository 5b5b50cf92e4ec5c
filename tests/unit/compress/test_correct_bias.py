from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, outputs_of, relative_error, samples_of
from tests.unit.compress.conftest import randomize
from tinydeploy.compress.correct_bias import correct_bias
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import dequantize, to_model_input
from tinydeploy.ir.graph import Array

SAMPLES = 60


@pytest.fixture
def model(keras: Any) -> Any:
    """One whose kernels round badly: in each channel a weight outgrows the others."""
    keras.utils.clear_session()
    layers = keras.layers
    image = keras.Input((8, 8, 3), name="image")
    x = layers.Conv2D(6, 3, use_bias=False, name="first")(image)
    x = start = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, padding="same", activation="relu", name="second")(x)
    x = layers.Add()([layers.Conv2D(6, 1, use_bias=False, name="third")(x), start])
    x = layers.Conv1D(5, 3, activation="relu", name="fourth")(layers.Reshape((12, 18))(x))
    model = keras.Model(image, layers.Dense(4, name="fifth")(layers.Flatten()(x)))
    randomize(model)
    for name in ("first", "second", "third", "fourth", "fifth"):
        layer = model.get_layer(name)
        kernel, *bias = layer.get_weights()
        kernel = np.abs(kernel) / 30
        window = kernel.reshape(-1, *kernel.shape[-2:])
        window[0, 0] = 1.0
        layer.set_weights([kernel, *bias])
    return model


def int8_outputs(model: Any, samples: list[Array]) -> Array:
    tflite = quantize(from_keras(model), CalibrationData(tuple(samples), None)).tflite
    with Reference(tflite) as reference:
        (spec,), (output,) = reference.inputs, reference.outputs
        results = reference.run_many([(to_model_input(x, spec),) for x in samples[0]])
    return np.concatenate([dequantize(y, output) for (y,) in results])


def test_int8_outputs_get_the_means_of_float(model: Any) -> None:
    """On samples that the correction has not seen."""
    corrected = correct_bias(model, samples_of(model, count=SAMPLES))
    fresh = samples_of(model, seed=2, count=SAMPLES)
    wanted = outputs_of(model, fresh)[0].mean(axis=0)
    before, after = (
        np.abs(int8_outputs(m, fresh).mean(axis=0) - wanted).mean() for m in (model, corrected)
    )
    assert after < before / 2


def test_kernels_that_round_to_themselves_keep_their_biases(keras: Any) -> None:
    image = keras.Input((5, 5, 2))
    model = keras.Model(image, keras.layers.Conv2D(3, 2, name="conv")(image))
    kernel = np.random.default_rng(0).integers(-127, 128, (2, 2, 2, 3)).astype(np.float32)
    kernel[0, 0, 0] = 127
    model.get_layer("conv").set_weights([kernel, np.array([0.5, -3.0, 7.0])])
    assert relative_error(model, correct_bias(model, samples_of(model))) < FLOAT32_ERROR
