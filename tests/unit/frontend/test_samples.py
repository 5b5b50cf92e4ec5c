from __future__ import annotations

import numpy as np
import pytest

from tinydeploy.errors import InternalError
from tinydeploy.frontend.samples import dequantize, quantize_input, random_inputs, to_model_input
from tinydeploy.frontend.specs import TensorSpec

INT8 = TensorSpec("x", (1, 3), "int8", 0.5, 10)


def test_quantizing_rounds_halves_to_even_and_saturates() -> None:
    values = np.array([0.0, 0.25, 0.75, -0.25, 1e9, -1e9])
    assert quantize_input(values, INT8).tolist() == [10, 10, 12, 10, 127, -128]


def test_dequantizing_undoes_quantizing() -> None:
    values = np.arange(-128, 128, dtype=np.int8)
    assert np.array_equal(quantize_input(dequantize(values, INT8), INT8), values)


def test_int32_keeps_its_ends() -> None:
    spec = TensorSpec("x", (1, 2), "int32", 1.0, 0)
    got = quantize_input(np.array([1e20, -1e20]), spec)
    assert got.tolist() == [2**31 - 1, -(2**31)]


def test_a_sample_of_the_models_own_type_is_taken_as_integers() -> None:
    raw = np.array([1, 2, 3], np.int8)
    assert to_model_input(raw, INT8).tolist() == [[1, 2, 3]]
    assert to_model_input(raw.astype(np.float32), INT8).tolist() == [[12, 14, 16]]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
def test_random_integers_span_their_type_and_repeat(dtype: str) -> None:
    spec = TensorSpec("x", (1, 5000), dtype, 0.1, 0)
    first, second = (random_inputs([spec], 2, seed=4) for _ in range(2))
    values, limits = first[0][0], np.iinfo(dtype)
    assert values.dtype == np.dtype(dtype)
    edge = (int(limits.max) - int(limits.min)) / 50
    assert values.min() < limits.min + edge
    assert values.max() > limits.max - edge
    assert np.array_equal(values, second[0][0])
    assert not np.array_equal(values, first[1][0])


def test_random_floats_follow_the_scale() -> None:
    (sample,) = random_inputs([TensorSpec("x", (1, 100), "float32")], 1, seed=0)
    assert sample[0].dtype == np.float32
    assert 1 < np.abs(sample[0]).max() <= 8


def test_a_type_without_random_values_is_refused() -> None:
    with pytest.raises(InternalError, match="complex64"):
        random_inputs([TensorSpec("x", (1, 1), "complex64")], 1, seed=0)
