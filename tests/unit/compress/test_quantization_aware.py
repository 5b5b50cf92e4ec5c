from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, outputs_of, relative_error, samples_of
from tests.unit.compress.conftest import randomize
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fit import Fit, fit
from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.quantization_aware import quantization_aware, without_ranges
from tinydeploy.compress.size import model_macs
from tinydeploy.compress.spell_out import spell_out
from tinydeploy.config import Quantize
from tinydeploy.errors import CalibrationError, UnsupportedModelError
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.convert import Conversion, convert
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.keras import load_keras
from tinydeploy.frontend.load import load_model
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import dequantize, to_model_input
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Array, DType

SAMPLES = 40
FIXED = {1 / 256, 1 / 128}
"""Scales of a sigmoid or softmax, and of a tanh: TensorFlow Lite's own."""


def _conv2d(keras: Any, x: Any) -> Any:
    x = keras.layers.Conv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    x = keras.layers.Conv2D(8, (1, 3), groups=2, use_bias=False)(x)
    return keras.layers.Flatten()(keras.layers.ReLU(6.0)(x))


def _depthwise(keras: Any, x: Any) -> Any:
    layers = keras.layers
    x = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, use_bias=False)(x)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.DepthwiseConv2D(3, strides=2, activation="sigmoid")(x)
    return layers.Dense(5)(layers.GlobalAveragePooling2D()(layers.AveragePooling2D(2)(x)))


def _residual(keras: Any, x: Any) -> Any:
    layers = keras.layers
    x = start = layers.Conv2D(4, 1, activation="relu")(x)
    x = layers.BatchNormalization()(layers.Conv2D(4, 3, padding="same", use_bias=False)(x))
    x = layers.ReLU()(layers.Add()([x, start]))
    x = layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x)])
    x = layers.Concatenate()([layers.MaxPooling2D()(x), layers.Conv2D(3, 2, strides=2)(x)])
    return layers.Dense(4, activation="softmax")(layers.Flatten()(layers.ZeroPadding2D()(x)))


def _conv1d(keras: Any, x: Any) -> Any:
    layers = keras.layers
    x = layers.Reshape((16, 12))(x)
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv1D(6, 3, strides=2)(x)))
    x = layers.Conv1D(5, 3, padding="causal", dilation_rate=2, activation="relu")(x)
    x = layers.Add()([x, layers.DepthwiseConv1D(3, padding="same")(x)])
    x = layers.Conv1D(4, 2, padding="same", activation="tanh")(layers.MaxPooling1D()(x))
    return layers.Dense(3)(layers.GlobalAveragePooling1D()(x))


def _separable(keras: Any, x: Any) -> Any:
    layers = keras.layers
    x = layers.SeparableConv2D(6, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.SeparableConv2D(8, 2, depth_multiplier=2, use_bias=False)(x)
    x = layers.Reshape((9, 8))(layers.ReLU()(layers.BatchNormalization()(x)))
    x = layers.SeparableConv1D(5, 3, padding="same", dilation_rate=2, activation="relu")(x)
    return layers.Dense(3)(layers.Flatten()(x))


def _normalizing(keras: Any, x: Any) -> Any:
    """What no convolution takes up: of the input, behind an activation or a sum, of values."""
    layers = keras.layers
    x = layers.Rescaling(1 / 8, offset=0.1)(x)
    x = layers.Normalization(mean=[0.1, 0.0, -0.1], variance=[0.02, 0.01, 0.03])(x)
    x = layers.Conv2D(5, 3, activation="relu")(layers.BatchNormalization()(x))
    x = start = layers.BatchNormalization()(x)
    x = layers.Add()([start, layers.Conv2D(5, 1)(x)])
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization(scale=False)(layers.Reshape((36, 5))(x))
    x = layers.BatchNormalization(center=False)(layers.GlobalAveragePooling1D()(x))
    return layers.BatchNormalization()(layers.Dense(3, activation="tanh")(x))


def _shared(keras: Any, x: Any) -> Any:
    """Layers that are called several times, one of them on two lengths; a sum of three."""
    layers = keras.layers
    relu, conv, row = layers.ReLU(), layers.Conv2D(4, 3, padding="same"), layers.Conv1D(5, 3)
    other = layers.Conv2D(3, 1)(x)
    x = layers.Add()([relu(conv(x)), relu(conv(other)), relu(layers.Conv2D(4, 1)(other))])
    rows = [layers.Reshape((64, 4))(x), layers.Reshape((16, 4))(layers.MaxPooling2D()(x))]
    ends = [layers.Flatten()(row(some)) for some in rows]
    return layers.Dense(3)(layers.Concatenate()(ends))


KINDS: list[Callable[[Any, Any], Any]] = [
    _conv2d,
    _depthwise,
    _residual,
    _conv1d,
    _separable,
    _normalizing,
    _shared,
]


@dataclass(frozen=True)
class Trained:
    """A model, itself after some training with int8 in mind, and what the converter makes of it."""

    model: Any
    samples: list[Array]
    aware: Any
    tflite: bytes


@pytest.fixture(scope="module", params=KINDS, ids=lambda build: build.__name__.strip("_"))
def case(keras: Any, request: pytest.FixtureRequest) -> Trained:
    keras.utils.clear_session()
    image = keras.Input((8, 8, 3), name="image")
    model = keras.Model(image, request.param(keras, image))
    randomize(model)
    samples = samples_of(model, count=SAMPLES)
    aware = trained(model, samples)
    return Trained(model, samples, aware, int8_of(aware, samples))


def int8_of(model: Any, samples: list[Array]) -> bytes:
    return quantize(from_keras(model), CalibrationData(tuple(samples), None)).tflite


def trained(model: Any, samples: list[Array]) -> Any:
    """Three steps, after which ranges and weights are no longer what they began as."""
    aware = quantization_aware(model, samples)
    classes = int(np.prod(model.outputs[0].shape[1:]))
    labels = np.random.default_rng(0).integers(0, classes, len(samples[0]))
    fit(aware, Dataset(tuple(samples), labels), Fit(1, learning_rate=1e-2, batch=16))
    return aware


def expected_scales(model: Any) -> tuple[set[float], list[Array]]:
    """Scales of all ranges, and of each kernel's channels, from the limits alone."""
    kinds = [(layer, type(layer).__name__) for layer in model.layers]
    limits = [layer.get_weights()[0] for layer, kind in kinds if kind == "FakeQuantize"]
    ranges = {(max(high, 0) - min(low, 0)) / 255 for low, high in limits}
    kernels = []
    for layer in (layer.layer for layer, kind in kinds if kind == "FakeQuantizedKernel"):
        kernel = np.abs(layer.get_weights()[0])
        if type(layer).__name__ == "Dense":
            most = np.full(kernel.shape[-1], kernel.max())
        else:
            channel_axes = 2 if "Depthwise" in type(layer).__name__ else 1
            most = kernel.max(axis=tuple(range(kernel.ndim - channel_axes))).ravel()
        kernels.append(most / 127)
    return ranges, kernels


def test_converter_takes_over_every_scale(case: Trained) -> None:
    graph = read_tflite(case.tflite, "m")
    ranges, kernels = expected_scales(case.aware)
    found, weights = set(), []
    for tensor in graph.tensors:
        if tensor.dtype is not DType.INT8 or tensor.quantization is None:
            continue
        scales = tensor.quantization.scales
        if tensor.data is not None:
            weights.append(np.array(scales))
        elif scales[0] not in FIXED:
            nearest = min(ranges, key=lambda one: abs(one - scales[0]))
            assert scales[0] == pytest.approx(nearest, rel=1e-6)
            found.add(nearest)
    assert found == ranges
    assert len(weights) == len(kernels)
    for kernel in kernels:
        candidates = (
            np.broadcast_to(w, kernel.shape) for w in weights if w.size in {1, kernel.size}
        )
        assert any(np.allclose(w, kernel, rtol=1e-6, atol=0) for w in candidates)


def test_model_computes_what_int8_does(case: Trained) -> None:
    """But for float32, which rounds otherwise. The same weights in float are further away."""
    models = (case.aware, without_ranges(case.aware))
    simulated, in_float = (outputs_of(model, case.samples)[0] for model in models)
    with Reference(case.tflite) as reference:
        (spec,), (output,) = reference.inputs, reference.outputs
        inputs = [(to_model_input(x, spec),) for x in case.samples[0]]
        real = np.concatenate([dequantize(y, output) for (y,) in reference.run_many(inputs)])
    # The model leaves the last rounding, after a sigmoid or softmax, to the converter.
    steps, float_steps = (
        np.abs(np.round(y / output.scale) - np.round(real / output.scale))
        for y in (simulated, in_float)
    )
    assert steps.max() <= 4
    assert steps.mean() < float_steps.mean() / 2


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
def test_saved_model_converts_to_the_same_bytes(case: Trained, tmp_path: Path) -> None:
    """Whatever the samples, or without any: the ranges are the model's own."""
    path = tmp_path / "aware.keras"
    case.aware.save(path)
    again = load_keras(path)
    assert relative_error(case.aware, again) == 0
    assert int8_of(again, [2 * x for x in case.samples]) == case.tflite
    without = convert(path, None, (0, 255), Quantize.INT8, lambda step: None)
    assert without == Conversion(case.tflite, None)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning:keras")
def test_only_a_file_with_ranges_needs_no_calibration_data(keras: Any, tmp_path: Path) -> None:
    image = keras.Input((4,))
    model = keras.Model(image, keras.layers.Dense(2)(image))
    aware = quantization_aware(model, samples_of(model))
    for name, one in (("plain", model), ("aware", aware)):
        one.save(tmp_path / f"{name}.keras")
    first = load_model(tmp_path / "aware.keras")
    assert first.calibration is None
    assert load_model(tmp_path / "aware.keras") == first  # from the cache
    with pytest.raises(CalibrationError, match="needs calibration data"):
        load_model(tmp_path / "plain.keras")
    with pytest.raises(CalibrationError, match="no samples"):  # whatever its name may promise
        convert(tmp_path / "plain.keras", None, (0, 255), Quantize.INT8, lambda step: None)


def test_spelling_out_changes_nothing(case: Trained) -> None:
    spelled = spell_out(case.model).model
    assert relative_error(case.model, spelled) < FLOAT32_ERROR
    folded = fold_batch_norm(case.model)
    assert model_macs(spell_out(folded.model).model) == model_macs(case.aware)
    if not folded.left:  # on its own a normalization multiplies
        assert model_macs(case.aware) == model_macs(case.model)


def test_model_trained_for_int8_becomes_no_other(keras: Any) -> None:
    image = keras.Input((4,))
    model = keras.Model(image, keras.layers.Dense(2)(image))
    samples = samples_of(model)
    aware = quantization_aware(model, samples)
    with pytest.raises(UnsupportedModelError, match="trained for int8"):
        quantize(from_keras(aware), CalibrationData(tuple(samples), None), Quantize.INT16X8)


def test_channels_without_weights_keep_their_bias(keras: Any) -> None:
    image = keras.Input((6, 6, 2))
    model = keras.Model(image, keras.layers.Conv2D(3, 3, name="conv")(image))
    kernel = np.random.default_rng(0).normal(0, 1, (3, 3, 2, 3)) * [1, 0, 1]
    model.get_layer("conv").set_weights([kernel, np.array([0.5, 2.0, -1.0])])
    samples = samples_of(model)
    with Reference(int8_of(quantization_aware(model, samples), samples)) as reference:
        (spec,), (output,) = reference.inputs, reference.outputs
        (result,) = reference.run_many([(to_model_input(samples[0][0], spec),)])[0]
    assert dequantize(result, output)[..., 1] == pytest.approx(2.0, abs=output.scale)


def test_unknown_layer_is_named(keras: Any) -> None:
    image = keras.Input((8, 4))
    model = keras.Model(image, keras.layers.LSTM(3, name="memory")(image))
    with pytest.raises(UnsupportedModelError, match=r"memory.*LSTM"):
        quantization_aware(model, samples_of(model))


@pytest.mark.parametrize("kind", ["BatchNormalization", "Normalization"])
def test_normalization_of_another_axis_is_named(keras: Any, kind: str) -> None:
    image = keras.Input((8, 4))
    settings = {"mean": np.zeros(8), "variance": np.ones(8)} if kind == "Normalization" else {}
    layer = getattr(keras.layers, kind)(axis=1, name="first", **settings)
    model = keras.Model(image, layer(image))
    with pytest.raises(UnsupportedModelError, match=r"first.*last axis"):
        quantization_aware(model, samples_of(model))


def test_what_scales_the_input_is_not_trained(keras: Any) -> None:
    """The optimizer's steps are of 0.01, and its weight is 1/255."""
    layers = keras.layers
    image = keras.Input((8, 8, 3))
    scaled = layers.Rescaling(1 / 255, name="scaling")(image)
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(scaled)))
    aware = without_ranges(trained(model, [255 * x for x in samples_of(model, count=SAMPLES)]))
    kernel, bias = aware.get_layer("scaling").get_weights()
    assert kernel.ravel() == pytest.approx([1 / 255] * 3)
    assert not bias.any()
