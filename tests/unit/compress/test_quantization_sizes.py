from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import samples_of
from tests.unit.compress.conftest import randomize
from tinydeploy.compress.quantization_aware import quantization_aware, without_ranges
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.quantization_sizes import NOT_RUNNABLE, quantization_sizes
from tinydeploy.frontend.quantize import quantize

WEIGHTS = 256 * 100


@pytest.mark.parametrize("is_trained_for_int8", [False, True])
def test_float16_has_two_bytes_a_weight_and_runs_on_no_integers(
    keras: Any, is_trained_for_int8: bool
) -> None:
    inputs = keras.Input((256,))
    model = keras.Model(inputs, keras.layers.Dense(100)(inputs))
    randomize(model)
    samples = samples_of(model)
    data = CalibrationData(tuple(np.asarray(x, np.float32) for x in samples), None)
    if is_trained_for_int8:
        model = quantization_aware(model, samples)
    in_float = from_keras(without_ranges(model))
    int8, fallback, float16 = quantization_sizes(from_keras(model), in_float, data)
    assert [one.note for one in (int8, fallback, float16)] == ["", NOT_RUNNABLE, NOT_RUNNABLE]
    assert int8.tflite_bytes == len(quantize(from_keras(model), data).tflite)
    assert WEIGHTS < fallback.tflite_bytes < 1.5 * WEIGHTS
    assert 2 * WEIGHTS < float16.tflite_bytes < 2.5 * WEIGHTS
