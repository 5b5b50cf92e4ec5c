from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydeploy.cache import cache_dir
from tinydeploy.config import Quantize
from tinydeploy.errors import (
    CalibrationError,
    ModelFileError,
    TinydeployError,
    ToolMissingError,
    UnsupportedModelError,
    UsageError,
)
from tinydeploy.frontend import load
from tinydeploy.frontend.calibration import CalibrationData
from tinydeploy.frontend.convert import Conversion, convert
from tinydeploy.frontend.float_model import from_keras, load_float_model
from tinydeploy.frontend.keras import load_keras
from tinydeploy.frontend.load import load_model
from tinydeploy.frontend.quantize import conversion_error, quantize
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import DType

# TensorFlow and Keras warn about themselves.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


def convert_here(model: Path, calibration: Path, kind: Quantize = Quantize.INT8) -> Conversion:
    return convert(model, calibration, (0.0, 255.0), kind, lambda step: None)


def operators(tflite: bytes) -> list[str]:
    from tensorflow.lite.python.interpreter import Interpreter  # noqa: PLC0415 - slow to import

    interpreter = Interpreter(model_content=tflite)
    return [detail["op_name"] for detail in interpreter._get_ops_details()]


def float_outputs(path: Path, images: Any) -> Any:
    return np.asarray(load_keras(path)(images, training=False))


# --- kinds of files ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "odd name 'ü' {{x}}.keras", "no_suffix"])
def test_keras_files_give_the_same_model(
    tmp_path: Path, image_model: Any, images: Any, name: str
) -> None:
    saved = tmp_path / ("saved.h5" if name.endswith("h5") else "saved.keras")
    image_model.save(saved)
    saved.rename(tmp_path / name)
    wanted = np.asarray(image_model(images, training=False))
    assert np.allclose(float_outputs(tmp_path / name, images), wanted, atol=1e-6)


def test_a_keras_file_goes_all_the_way(
    tmp_path: Path, image_model: Any, calibration: Path, capfd: Any
) -> None:
    image_model.save(tmp_path / "my model.keras")
    capfd.readouterr()
    steps: list[str] = []
    loaded = load_model(tmp_path / "my model.keras", calibration, steps.append)
    report = loaded.calibration
    assert report is not None
    assert (loaded.name, loaded.source) == ("my model", str(tmp_path / "my model.keras"))
    assert operators(loaded.tflite) == [
        "CONV_2D",
        "DEPTHWISE_CONV_2D",
        "RESHAPE",
        "FULLY_CONNECTED",
        "SOFTMAX",
    ]
    assert steps[0] == "starting TensorFlow"
    assert steps[-1] == "comparing int8 with float"
    assert capfd.readouterr().err == ""
    assert report.samples_given == report.samples_calibrated == report.samples_evaluated == 24
    assert not report.held_out
    assert report.outputs[0].max_abs_error < 0.05
    assert report.outputs[0].argmax_agreement is not None
    assert report.outputs[0].argmax_agreement > 0.8
    assert report.float_accuracy is not None
    assert report.tensors[0].name == "image"
    assert report.tensors[0].seen_max == pytest.approx(1.0, abs=0.01)
    json.dumps(report.to_json())

    again = load_model(tmp_path / "my model.keras", calibration, steps.append)
    assert again == loaded
    assert steps.count("starting TensorFlow") == 1  # the second came from the cache


@pytest.mark.parametrize("how", ["export", "signature"])
def test_saved_model_folders(
    tmp_path: Path, image_model: Any, calibration: Path, how: str, int8_model: bytes
) -> None:
    import tensorflow as tf  # noqa: PLC0415 - slow to import

    folder = tmp_path / "folder"
    if how == "export":
        image_model.export(folder, verbose=False)
    else:
        module = tf.Module()
        module.model = image_model
        module.f = tf.function(
            lambda image: {"out": image_model(image, training=False)},
            input_signature=[tf.TensorSpec((None, 8, 8, 3), tf.float32, "image")],
        )
        tf.saved_model.save(module, str(folder), {"only": module.f})
    tflite = convert_here(folder, calibration).tflite
    assert operators(tflite) == operators(int8_model)


def test_a_tflite_is_passed_through(tmp_path: Path, int8_model: bytes) -> None:
    path = tmp_path / "a.b.tflite"
    path.write_bytes(int8_model)
    loaded = load_model(path)
    assert (loaded.tflite, loaded.name, loaded.calibration) == (int8_model, "a.b", None)


# --- Keras 2 -------------------------------------------------------------------------------


def keras_2_layer(kind: str, name: str, config: dict[str, Any], inbound: str | None) -> Any:
    nodes = [] if inbound is None else [[[inbound, 0, 0, {}]]]
    full = {"name": name, "trainable": True, "dtype": "float32", **config}
    return {"class_name": kind, "config": full, "name": name, "inbound_nodes": nodes}


def write_keras_2(path: Path, config: Any, weights: dict[str, list[Any]]) -> None:
    import h5py  # noqa: PLC0415 - slow to import

    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.4.0"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(config).encode()
        file.attrs["training_config"] = json.dumps(
            {"optimizer_config": {"class_name": "Adam", "config": {"lr": 0.001, "decay": 0.0}}}
        ).encode()
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [name.encode() for name in weights]
        group.attrs["keras_version"] = b"2.4.0"
        group.attrs["backend"] = b"tensorflow"
        for name, arrays in weights.items():
            layer = group.create_group(name)
            names = [f"{name}/w{k}:0" for k in range(len(arrays))]
            layer.attrs["weight_names"] = [n.encode() for n in names]
            for weight_name, array in zip(names, arrays, strict=True):
                layer[weight_name] = array


INITIALIZERS = {
    "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
    "bias_initializer": {"class_name": "Zeros", "config": {}},
}


@pytest.mark.parametrize("name", ["dw", "block1/dw", 'b"1\n*/ü {{x}}'])
def test_keras_2_with_depthwise_groups_and_odd_names(tmp_path: Path, name: str) -> None:
    random = np.random.default_rng(2)
    kernel, bias = random.normal(size=(3, 3, 2, 1)), random.normal(size=2)
    depthwise = {
        "kernel_size": [3, 3],
        "strides": [1, 1],
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": [1, 1],
        "groups": 1,
        "activation": "hard_sigmoid",
        "use_bias": True,
        "depth_multiplier": 1,
        "depthwise_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
        "bias_initializer": {"class_name": "Zeros", "config": {}},
    }
    source = {"batch_input_shape": [None, 3, 3, 2], "sparse": False, "ragged": False}
    layers = [
        keras_2_layer("InputLayer", "in", source, None),
        keras_2_layer("DepthwiseConv2D", name, depthwise, "in"),
    ]
    inner = {"name": "model", "layers": layers}
    inner |= {"input_layers": [["in", 0, 0]], "output_layers": [[name, 0, 0]]}
    h5_name = name.replace("/", "_")
    weights = {"in": [], h5_name: [kernel, bias]}
    write_keras_2(tmp_path / "m.h5", {"class_name": "Model", "config": inner}, weights)

    x = random.normal(size=(1, 3, 3, 2)).astype(np.float32)
    (output,) = float_outputs(tmp_path / "m.h5", x).reshape(-1, 2)
    # Keras 2's hard_sigmoid; Keras 3 has another function under that name.
    sums = np.einsum("yxc,yxc->c", x[0], kernel[..., 0]) + bias
    assert np.allclose(output, np.clip(0.2 * sums + 0.5, 0, 1), atol=1e-5)

    np.savez(tmp_path / "c.npz", x=random.normal(size=(8, 3, 3, 2)))
    assert convert_here(tmp_path / "m.h5", tmp_path / "c.npz").tflite


@pytest.mark.parametrize("shape", [[None, 28, 4], [None, None, 28, 4]])
@pytest.mark.parametrize("explicit_input", [False, True])
def test_keras_2_sequential_with_an_extra_dimension(
    tmp_path: Path, shape: list[int | None], explicit_input: bool
) -> None:
    random = np.random.default_rng(2)
    kernel = random.normal(size=(112, 3)).astype(np.float32)
    bias = np.zeros(3, np.float32)
    flatten: dict[str, Any] = {"name": "flatten", "data_format": "channels_last"}
    dense = {"name": "dense", "units": 3, "activation": "linear", "use_bias": True, **INITIALIZERS}
    layers = [
        {"class_name": "Flatten", "config": flatten},
        {"class_name": "Dense", "config": dense},
    ]
    if explicit_input:
        source = {"batch_input_shape": shape, "dtype": "float32", "sparse": False, "name": "i"}
        layers.insert(0, {"class_name": "InputLayer", "config": source})
    else:
        flatten["batch_input_shape"] = shape
    config = {"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}}
    write_keras_2(tmp_path / "m.h5", config, {"flatten": [], "dense": [kernel, bias]})
    x = random.normal(size=(2, 28, 4)).astype(np.float32)
    outputs = float_outputs(tmp_path / "m.h5", x)
    assert np.allclose(outputs, x.reshape(2, 112) @ kernel, atol=1e-4)


# --- shapes, order, names ------------------------------------------------------------------


def test_inputs_and_outputs_keep_the_models_order(tmp_path: Path, keras: Any) -> None:
    names = ["z", "a", "in", *(f"i{k}" for k in range(9))]
    inputs = [keras.Input((4 + k,), name=name) for k, name in enumerate(names)]
    outputs = [keras.layers.Dense(30 - k, name=f"o{k}")(x) for k, x in enumerate(inputs)]
    model = keras.Model(inputs, outputs)
    random = np.random.default_rng(0)
    data = CalibrationData(
        tuple(random.normal(size=(6, 4 + k)).astype(np.float32) for k in range(12))
    )
    first = quantize(from_keras(model), data).tflite
    with Reference(first) as reference:
        assert [spec.shape[1] for spec in reference.inputs] == [4 + k for k in range(12)]
        assert [spec.shape[1] for spec in reference.outputs] == [30 - k for k in range(12)]
    assert quantize(from_keras(model), data).tflite == first


def test_a_dictionary_of_inputs(tmp_path: Path, keras: Any) -> None:
    inputs = {"b": keras.Input((4,), name="b"), "a": keras.Input((6,), name="a")}
    both = keras.layers.Concatenate()([inputs["b"], inputs["a"]])
    model = keras.Model(inputs, {"y": keras.layers.Dense(3)(both), "x": both})
    model.save(tmp_path / "m.keras")
    random = np.random.default_rng(0)
    np.savez(tmp_path / "c.npz", a=random.normal(size=(6, 6)), b=random.normal(size=(6, 4)))
    report = convert_here(tmp_path / "m.keras", tmp_path / "c.npz").report
    assert report is not None
    assert all(output.max_abs_error < 0.2 for output in report.outputs)


@pytest.mark.parametrize("name", ["in", 'a"b', "a\nb", "naïve", "{{x}}", "x y", "class"])
def test_odd_names_of_layers_and_inputs(tmp_path: Path, keras: Any, name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        x = keras.Input((4,), name=name)
        model = keras.Model(x, keras.layers.Dense(2, name=name + "2")(x), name="m " + name)
        model.save(tmp_path / "m.keras")
    np.savez(tmp_path / "c.npz", x=np.random.default_rng(0).normal(size=(6, 4)))
    conversion = convert_here(tmp_path / "m.keras", tmp_path / "c.npz")
    with Reference(conversion.tflite) as reference:
        assert reference.inputs[0].name.isidentifier()
    assert np.allclose(
        float_outputs(tmp_path / "m.keras", np.ones((1, 4))), np.asarray(model(np.ones((1, 4))))
    )


def test_open_dimensions_are_taken_from_the_data(tmp_path: Path, keras: Any) -> None:
    x = keras.Input((None, None, 1))
    y = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(2, 3)(x))
    keras.Model(x, y).save(tmp_path / "m.keras")
    np.savez(tmp_path / "c.npz", x=np.random.default_rng(0).normal(size=(6, 9, 7, 1)))
    with Reference(convert_here(tmp_path / "m.keras", tmp_path / "c.npz").tflite) as reference:
        assert reference.inputs[0].shape == (1, 9, 7, 1)


def test_integer_pixels_and_mixed_precision_need_no_cast(tmp_path: Path, keras: Any) -> None:
    policy = "mixed_float16"
    x = keras.Input((6, 6, 1), dtype="uint8")
    y = keras.layers.Rescaling(1 / 255, dtype=policy)(x)
    keras.Model(x, keras.layers.Conv2D(2, 3, dtype=policy)(y)).save(tmp_path / "m.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (6, 6, 6, 1)).astype(np.uint8)
    np.savez(tmp_path / "c.npz", x=pixels)
    tflite = convert_here(tmp_path / "m.keras", tmp_path / "c.npz").tflite
    assert "CAST" not in operators(tflite)


# --- errors --------------------------------------------------------------------------------


def _directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("name", "make", "says"),
    [
        ("m.tflite", lambda path: None, "does not exist"),
        ("m.tflite", lambda path: path.write_bytes(b""), "empty"),
        ("m.tflite", _directory, "no SavedModel"),
        ("m.keras", lambda path: path.write_bytes(b""), "empty"),
        ("m.txt", lambda path: path.write_bytes(b"hello there"), "unknown kind"),
        ("nul\0.tflite", lambda path: None, "can't be read|does not exist"),
    ],
)
def test_files_that_are_no_model(
    tmp_path: Path, name: str, make: Callable[[Path], Any], says: str
) -> None:
    make(tmp_path / name)
    with pytest.raises(ModelFileError, match=says) as caught:
        load_model(tmp_path / name)
    assert caught.value.hint


def test_a_float_model_needs_calibration_data(tmp_path: Path, image_model: Any) -> None:
    image_model.save(tmp_path / "m.keras")
    with pytest.raises(CalibrationError) as caught:
        load_model(tmp_path / "m.keras")
    assert "--calibration" in caught.value.hint


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_damaged_files(tmp_path: Path, image_model: Any, suffix: str, calibration: Path) -> None:
    path = tmp_path / f"m{suffix}"
    image_model.save(path)
    whole = path.read_bytes()
    for length in (9, 100, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:length])
        with pytest.raises(ModelFileError):
            load_float_model(path)
    random = np.random.default_rng(1)
    for _ in range(15):
        mutated = bytearray(whole)
        for place in random.integers(0, len(whole), 40):
            mutated[place] = random.integers(0, 256)
        path.write_bytes(mutated)
        try:
            load_float_model(path)
        except TinydeployError:
            continue


def test_text_that_is_called_keras(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_text("not a model")
    with pytest.raises(ModelFileError, match="neither"):
        load_keras(tmp_path / "m.keras")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_lambda_layers_are_never_run(tmp_path: Path, keras: Any, suffix: str) -> None:
    x = keras.Input((4,))
    keras.Model(x, keras.layers.Lambda(lambda t: t * 2, name="twice")(x)).save(
        tmp_path / f"m{suffix}"
    )
    with pytest.raises(UnsupportedModelError, match='"twice" is a Lambda') as caught:
        load_keras(tmp_path / f"m{suffix}")
    assert "never run" in caught.value.hint


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_custom_layers_are_named(tmp_path: Path, keras: Any, suffix: str) -> None:
    class Own(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    x = keras.Input((4,))
    keras.Model(x, Own(name="mine")(x)).save(tmp_path / f"m{suffix}")
    with pytest.raises(UnsupportedModelError, match='"mine" is of the custom class "Own"'):
        load_keras(tmp_path / f"m{suffix}")


def test_weights_without_a_model(tmp_path: Path, image_model: Any) -> None:
    image_model.save_weights(tmp_path / "m.weights.h5")
    with pytest.raises(ModelFileError, match="weights but no model"):
        load_keras(tmp_path / "m.weights.h5")


def test_weights_that_are_not_numbers(tmp_path: Path, keras: Any) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.layers[0].set_weights([np.full((2, 1), np.nan), np.zeros(1)])
    model.save(tmp_path / "m.keras")
    with pytest.raises(ModelFileError, match="NaN"):
        load_keras(tmp_path / "m.keras")


def test_a_zip_of_something_else(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(ModelFileError, match=r"config\.json"):
        load_keras(tmp_path / "m.keras")


def test_an_operator_without_integer_form_is_named(tmp_path: Path, keras: Any) -> None:
    x = keras.Input((4,))
    model = keras.Model(x, keras.ops.erfinv(keras.layers.Dense(3)(x)))
    data = CalibrationData((np.ones((4, 4), np.float32),))
    with pytest.raises(UnsupportedModelError, match="Erfinv"):
        quantize(from_keras(model), data)


def test_messages_of_the_converter_are_understood() -> None:
    text = "Some ops are not supported\nFlex ops: FlexErf, FlexBincount\nDetails:\n\ttf.Erf(...)"
    assert "Bincount, Erf" in str(conversion_error(RuntimeError(text)))
    text = "Quantization to 16x8-bit not yet supported for op: 'PRELU'."
    found = conversion_error(RuntimeError(text), Quantize.INT16X8)
    assert "PRELU, which can't be converted to int16x8" in str(found)


def test_a_damaged_saved_model(tmp_path: Path, calibration: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "saved_model.pb").write_bytes(b"\xff" * 50)
    with pytest.raises(ModelFileError, match="damaged"):
        load_float_model(tmp_path / "s")


def test_a_saved_model_that_reads_files_is_refused(tmp_path: Path) -> None:
    import tensorflow as tf  # noqa: PLC0415 - slow to import

    module = tf.Module()
    module.f = tf.function(
        lambda x: {"y": x + tf.strings.to_number(tf.io.read_file("/etc/passwd"))},
        input_signature=[tf.TensorSpec((1, 2), tf.float32)],
    )
    tf.saved_model.save(module, str(tmp_path / "s"), module.f)
    with pytest.raises(UnsupportedModelError, match="ReadFile"):
        load_float_model(tmp_path / "s")


def test_wrong_calibration_data_crosses_the_process(tmp_path: Path, image_model: Any) -> None:
    image_model.save(tmp_path / "m.keras")
    np.savez(tmp_path / "c.npz", x=np.zeros((4, 9, 8, 3)))
    with pytest.raises(CalibrationError, match=r"\[4, 9, 8, 3\].*\[8, 8, 3\]"):
        load_model(tmp_path / "m.keras", tmp_path / "c.npz")
    with pytest.raises(CalibrationError, match=r"can't be read|does not exist"):
        load_model(tmp_path / "m.keras", tmp_path / "missing.npz")


def test_without_tensorflow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import sys  # noqa: PLC0415 - slow to import

    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ToolMissingError, match="TensorFlow"):
        load_keras(tmp_path / "m.keras")


# --- cache ---------------------------------------------------------------------------------


@pytest.fixture
def cached(
    tmp_path: Path, image_model: Any, calibration: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], int]:
    """Load the same model, and return how often it has been converted so far."""
    image_model.save(tmp_path / "m.keras")
    runs: list[Conversion] = []

    def convert_once(path: Path, data: Path, options: Any, progress: Any) -> Conversion:
        runs.append(convert_here(path, data, Quantize(options["quantize"])))
        return runs[-1]

    monkeypatch.setattr(load, "_convert_in_child", convert_once)

    def load_again(kind: Quantize = Quantize.INT8) -> int:
        loaded = load_model(tmp_path / "m.keras", calibration, quantize=kind)
        graph = read_tflite(loaded.tflite, "m")
        wanted = DType.INT8 if kind is Quantize.INT8 else DType.INT16
        ends = (*graph.inputs, *graph.outputs)
        assert {graph.tensors[index].dtype for index in ends} == {wanted}
        return len(runs)

    return load_again


def test_the_cache_remembers(cached: Callable[[], int]) -> None:
    assert [cached(), cached()] == [1, 1]


@pytest.mark.parametrize("damage", [b"", b"garbage", b"TDM1" + b"\0" * 30])
def test_a_damaged_entry_is_rebuilt(cached: Callable[[], int], damage: bytes) -> None:
    cached()
    (entry,) = (cache_dir() / "quantized").iterdir()
    whole = entry.read_bytes()
    entry.write_bytes(damage or whole[:-9])
    assert [cached(), cached()] == [2, 2]
    entry.write_bytes(whole[:-9] + bytes(9))
    assert cached() == 3


def test_other_calibration_data_is_another_entry(
    cached: Callable[[], int], calibration: Path, images: Any
) -> None:
    cached()
    np.savez(calibration, x=images, y=np.zeros(len(images), int))
    assert cached() == 2


def test_other_numbers_are_another_entry(cached: Callable[..., int]) -> None:
    assert [cached(), cached(Quantize.INT16X8), cached(), cached(Quantize.INT16X8)] == [1, 2, 2, 2]


def test_a_tflite_is_not_quantized_again(tmp_path: Path, int8_model: bytes) -> None:
    (tmp_path / "m.tflite").write_bytes(int8_model)
    with pytest.raises(UsageError, match="taken as it is"):
        load_model(tmp_path / "m.tflite", quantize=Quantize.INT16X8)


def test_a_cache_that_can_not_be_written_does_no_harm(
    cached: Callable[[], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("TINYDEPLOY_CACHE_DIR", str(tmp_path / "file"))
    assert [cached(), cached()] == [1, 2]


# --- real models ---------------------------------------------------------------------------

SHARED = Path(__file__).resolve().parents[4] / "shared" / "models"


@pytest.mark.skipif(not (SHARED / "ic.h5").is_file(), reason="needs ../shared/models/ic.h5")
def test_a_real_keras_2_model(tmp_path: Path) -> None:
    shutil.copy(SHARED / "ic.h5", tmp_path / "ic.h5")
    np.savez(tmp_path / "c.npz", x=np.random.default_rng(0).integers(0, 256, (12, 32, 32, 3)))
    conversion = convert_here(tmp_path / "ic.h5", tmp_path / "c.npz")
    assert set(operators(conversion.tflite)) == {
        "ADD", "AVERAGE_POOL_2D", "CONV_2D", "FULLY_CONNECTED", "SOFTMAX",
    }  # fmt: skip
