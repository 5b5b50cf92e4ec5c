"""Checks and repairs the description (JSON) of a Keras model before Keras builds it.

Keras 3 refuses much of what Keras 2 wrote. The weights are stored in the order of the layers, not
under names that matter, so a repaired description loads with the weights as they are.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

from tinydeploy.errors import ModelFileError, UnsupportedModelError
from tinydeploy.frontend.fake_quantization import NAMES, PACKAGE

Json = Any
Config = dict[str, Json]

_MODEL_CLASSES = ("Functional", "Model", "Sequential")
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_UNSAFE_CHARACTERS = re.compile(r"[^A-Za-z0-9_.-]")
_NARROW_FLOATS = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")
_INTEGERS = ("uint8", "int8", "uint16", "int16", "int32", "int64")
_INTEGER_LAYERS = ("Embedding", "CategoryEncoding", "Hashing", "IntegerLookup", "Discretization")
_CODE_HINT = (
    "Python code stored in a model file is never run. Replace the layer by built-in ones "
    "(Rescaling, Activation, Add, …) and save the model again, or pass an int8 .tflite."
)
# Layer accepts these for every class, in **kwargs.
_COMMON_ARGUMENTS = frozenset(
    ("activity_regularizer", "autocast", "batch_input_shape", "dtype", "input_shape", "name")
) | {"trainable"}


def prepare_config(config: Config, is_keras_2: bool, layers: Any) -> Config:
    """Return a copy of a model's `config` that this Keras can build.

    `layers` is the module keras.layers. Raises UnsupportedModelError for Lambda and custom layers,
    ModelFileError for JSON that doesn't describe a model.
    """
    try:
        prepared = _as_model(config)
        for layer in _all_layers(prepared):
            _check_layer(layer, layers)
        renamed = _with_safe_names(prepared)
        repaired = _map_layers(renamed, lambda layer: _repair_layer(layer, is_keras_2, layers))
        return repaired if _needs_integers(repaired) else _map_layers(repaired, _with_float_input)
    except (KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise ModelFileError(
            f"the model's description is damaged ({type(error).__name__}: {error})",
            "Save the model again.",
        ) from error


def _as_model(config: Config) -> Config:
    """Give the oldest Sequential files, whose config is a bare list, today's form."""
    if isinstance(config["config"], list):
        return {**config, "config": {"name": "sequential", "layers": config["config"]}}
    return config


def _children(layer: Config) -> list[Config]:
    inner = layer["config"] if isinstance(layer.get("config"), dict) else {}
    found = list(inner["layers"]) if isinstance(inner.get("layers"), list) else []
    if isinstance(inner.get("layer"), dict):  # a wrapper: TimeDistributed, Bidirectional
        found.append(inner["layer"])
    return found


def _all_layers(layer: Config) -> Iterator[Config]:
    yield layer
    for child in _children(layer):
        yield from _all_layers(child)


def _map_layers(layer: Config, change: Callable[[Config], Config]) -> Config:
    inner = layer.get("config")
    if isinstance(inner, dict):
        inner = dict(inner)
        if isinstance(inner.get("layers"), list):
            inner["layers"] = [_map_layers(child, change) for child in inner["layers"]]
        if isinstance(inner.get("layer"), dict):
            inner["layer"] = _map_layers(inner["layer"], change)
        layer = {**layer, "config": inner}
    return change(layer)


# --- checks --------------------------------------------------------------------------------


def _check_layer(layer: Config, layers: Any) -> None:
    kind, where = layer["class_name"], _where(layer)
    if kind in ("Lambda", "TFOpLambda", "SlicingOpLambda"):
        raise UnsupportedModelError(f"{where} is a {kind} layer", _CODE_HINT)
    module, registered = layer.get("module"), layer.get("registered_name") or ""
    if registered == f"{PACKAGE}>{kind}" and kind in NAMES:
        return
    foreign = module is not None and not re.match(r"keras(\.|$)", module)
    package = registered.split(">")[0] if ">" in registered else "keras"
    unknown = module is None and kind not in _MODEL_CLASSES and not hasattr(layers, kind)
    if foreign or unknown or package not in ("keras", "Keras"):
        raise UnsupportedModelError(f'{where} is of the custom class "{kind}"', _CODE_HINT)


def _where(layer: Config) -> str:
    inner = layer.get("config")
    name = inner.get("name") if isinstance(inner, dict) else None
    return f'layer "{name or layer.get("name") or layer["class_name"]}"'


def _needs_integers(config: Config) -> bool:
    return any(layer["class_name"] in _INTEGER_LAYERS for layer in _all_layers(config))


# --- names ---------------------------------------------------------------------------------


def _with_safe_names(config: Config) -> Config:
    """Rename layers whose names TensorFlow's scopes (or Keras 3) refuse, and what refers to them.

    DenseNet's Keras 2 layers are called "conv1/conv"; others carry spaces, quotes or umlauts.
    """
    names = {name for layer in _all_layers(config) for name in _names_of(layer)}
    safe: dict[str, str] = {}
    for name in sorted(n for n in names if not _SAFE_NAME.fullmatch(n)):
        safe[name] = _unused(_safe_name(name), names | set(safe.values()))
    return _rename(config, safe) if safe else config


def _names_of(layer: Config) -> Iterator[str]:
    inner = layer.get("config")
    for name in (layer.get("name"), inner.get("name") if isinstance(inner, dict) else None):
        if isinstance(name, str):
            yield name


def _safe_name(name: str) -> str:
    cleaned = _UNSAFE_CHARACTERS.sub("_", name)[:100]
    return cleaned if _SAFE_NAME.fullmatch(cleaned) else f"layer_{cleaned}"


def _unused(name: str, used: set[str]) -> str:
    candidates = (name if k == 0 else f"{name}_{k}" for k in range(len(used) + 1))
    return next(candidate for candidate in candidates if candidate not in used)


def _rename(value: Json, safe: dict[str, str]) -> Json:
    if isinstance(value, dict):
        return {
            key: safe.get(item, item)
            if key == "name" and isinstance(item, str)
            else _rename(item, safe)
            for key, item in value.items()
        }
    if isinstance(value, list):
        items = [_rename(item, safe) for item in value]
        # A reference to a tensor: [layer name, node, output, …]
        if len(items) >= 3 and isinstance(items[0], str) and isinstance(items[1], int):
            items[0] = safe.get(items[0], items[0])
        return items
    return value


# --- repairs -------------------------------------------------------------------------------


def _repair_layer(layer: Config, is_keras_2: bool, layers: Any) -> Config:
    inner = layer.get("config")
    if is_keras_2 and layer["class_name"] == "Sequential":
        return _with_input_layer(layer)
    if layer["class_name"] in _MODEL_CLASSES or not isinstance(inner, dict):
        return layer
    if is_keras_2:
        inner = _without_unknown_keys(layer, getattr(layers, layer["class_name"], None))
    if "dtype" in inner:
        inner = {**inner, "dtype": _wide_dtype(inner["dtype"])}
    return {**layer, "config": inner}


def _with_input_layer(model: Config) -> Config:
    """Give a Sequential model the Input that Keras 2 left in its first layer's batch_input_shape.

    Keras 3 takes that shape as one without the batch, and adds another dimension in front.
    """
    first, *others = model["config"]["layers"]
    if "batch_input_shape" not in first["config"] or first["class_name"] == "InputLayer":
        return model
    rest = {key: item for key, item in first["config"].items() if key != "batch_input_shape"}
    shape = first["config"]["batch_input_shape"]
    source = {"name": f"{rest.get('name', 'first')}_input", "batch_shape": shape}
    layers = [{"class_name": "InputLayer", "config": source}, {**first, "config": rest}, *others]
    return {**model, "config": {**model["config"], "layers": layers}}


def _without_unknown_keys(layer: Config, kind: Any) -> Config:
    """Drop what Keras 2 wrote and this Keras doesn't take: groups, time_major, and more."""
    inner: Config = layer["config"]
    if inner.get("time_major"):
        raise UnsupportedModelError(
            f"{_where(layer)} has time_major=True, which Keras 3 does not have",
            "Build the layer with the batch first and save the model again.",
        )
    if kind is None:
        return inner
    accepted = _arguments(kind)
    return {key: value for key, value in inner.items() if key in accepted}


def _arguments(kind: type) -> frozenset[str]:
    found = set(_COMMON_ARGUMENTS)
    for base in kind.__mro__:
        if "__init__" in vars(base):
            found |= set(inspect.signature(vars(base)["__init__"]).parameters)
    legacy = {"LeakyReLU": {"alpha"}, "InputLayer": {"batch_input_shape"}}
    return frozenset(found | legacy.get(kind.__name__, set()))


def _wide_dtype(dtype: Json) -> Json:
    """Compute in float32: a narrower type is how the model was trained, not what it means."""
    name = dtype.get("config", {}).get("name") if isinstance(dtype, dict) else dtype
    return "float32" if name in _NARROW_FLOATS else dtype


def _with_float_input(layer: Config) -> Config:
    """Let an integer input (pixels) be float: it becomes int8 either way, and needs no CAST."""
    inner = layer.get("config")
    if layer["class_name"] != "InputLayer" or not isinstance(inner, dict):
        return layer
    if inner.get("dtype") in _INTEGERS:
        return {**layer, "config": {**inner, "dtype": "float32"}}
    return layer


def without_extra_dimension(config: Config) -> Config | None:
    """Return `config` with one open dimension less in each input shape that has two or more.

    Some old Sequential files say [None, None, 28, 28] for samples of 28 x 28. None: no such input.
    """
    changed = False

    def shorten(layer: Config) -> Config:
        nonlocal changed
        inner = layer.get("config")
        if not isinstance(inner, dict):
            return layer
        short = dict(inner)
        for key in ("batch_input_shape", "batch_shape", "build_input_shape"):
            shape = inner.get(key)
            if isinstance(shape, list) and len(shape) > 2 and shape[:2] == [None, None]:
                short[key] = shape[1:]
                changed = True
        return {**layer, "config": short}

    shorter = _map_layers(config, shorten)
    return shorter if changed else None
