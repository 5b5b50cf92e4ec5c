"""200 random Keras models, converted to int8, agree with the reference bit for bit."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.models.random_keras import Maker
from tests.support.compare import mismatches, reference_interpreter
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.tensorflow_env import import_tensorflow
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Array

MODELS = 200
MODELS_PER_CASE = 10
CALIBRATION_SAMPLES = 8
SMALLEST_SCALE = 1e-8
"""The converter's scale for a tensor whose range is empty is 2e-6 / 255."""


@pytest.mark.parametrize("first", range(0, MODELS, MODELS_PER_CASE))
def test_random_models_match_reference(first: int, tmp_path: Path) -> None:
    found = {}
    for number in range(first, first + MODELS_PER_CASE):
        seed, tflite = integer_tflite(number)
        found[seed] = mismatches(tflite, tmp_path / str(seed), samples=2)
    assert found == {seed: [] for seed in found}


def integer_tflite(number: int) -> tuple[int, bytes]:
    """A seed for model `number`, and its int8 model.

    A few in a hundred can't be compared: the converter leaves some partly in float (where a
    concatenation is read twice, for instance), and on a tensor that is always 0 the reference
    gives up. Another one is drawn instead.
    """
    for seed in range(number, number + 20 * MODELS, MODELS):
        tflite = random_tflite(seed)
        if not _computes_in_float(tflite) and not _has_constant_activation(tflite):
            return seed, tflite
    raise AssertionError(f"no integer model for {number}")


def _computes_in_float(tflite: bytes) -> bool:
    try:
        read_tflite(tflite, "random")
    except UnsupportedModelError as error:
        return "computes in float" in error.message
    return False


def _has_constant_activation(tflite: bytes) -> bool:
    details = reference_interpreter(tflite).get_tensor_details()
    return any(0 < d["quantization"][0] < SMALLEST_SCALE for d in details)


def random_tflite(seed: int) -> bytes:
    """The int8 model of a seed: every third one through tinydeploy's own quantizer (batch 1, int8
    at the edges), the others as people convert by hand, with a free batch and any edge type."""
    import_tensorflow()
    import keras  # noqa: PLC0415 - slow, and only after the environment is set

    keras.backend.clear_session()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Maker(keras, seed).model()
        if seed % 3 == 0:
            return quantize(from_keras(model), CalibrationData(_samples(model, seed))).tflite
        return _convert(model, seed)


def _convert(model: Any, seed: int) -> bytes:
    tf = import_tensorflow()
    from tensorflow.python.framework import convert_to_constants  # noqa: PLC0415 - slow

    samples = _samples(model, seed)

    def representative() -> Iterator[list[Array]]:
        for index in range(CALIBRATION_SAMPLES):
            yield [x[index : index + 1] for x in samples]

    specs = [tf.TensorSpec((None, *x.shape[1:]), tf.float32) for x in model.inputs]
    function = tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0]), autograph=False)
    traced = function.get_concrete_function(*specs)
    frozen = convert_to_constants.convert_variables_to_constants_v2(traced)
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.representative_dataset = representative
    edge = (tf.int8, tf.int8, tf.int8, tf.uint8, tf.float32)[seed % 5]
    converter.inference_input_type = converter.inference_output_type = edge
    tflite: bytes = converter.convert()
    return tflite


def _samples(model: Any, seed: int) -> tuple[Array, ...]:
    rng = np.random.default_rng(seed)
    return tuple(
        rng.normal(0, 1, (CALIBRATION_SAMPLES, *x.shape[1:])).astype(np.float32)
        for x in model.inputs
    )
