"""A float model in the one form that quantization needs, wherever it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinydeploy.errors import ModelFileError, UnsupportedModelError
from tinydeploy.frontend.keras import load_keras
from tinydeploy.frontend.specs import ANY_SIZE, TensorSpec
from tinydeploy.frontend.tensorflow_env import import_tensorflow

_SIGNATURE_HINT = "Export the model with model.export(folder), or save it as .keras."
# A SavedModel is a program. These operators reach beyond tensors, and none can run on a device.
_UNSAFE_OPERATORS = frozenset(
    ("ReadFile", "WriteFile", "MatchingFiles", "PyFunc", "PyFuncStateless", "EagerPyFunc")
)


@dataclass(frozen=True, slots=True)
class FloatModel:
    """`call` takes and returns a flat list of TensorFlow tensors, in the model's own order.

    Order: of a Keras model, its inputs and outputs; of a SavedModel, the names in its signature,
    sorted with numbers as numbers (output_2 before output_10).
    """

    inputs: tuple[TensorSpec, ...]
    call: Callable[[Sequence[Any]], list[Any]]
    owner: Any


def load_float_model(path: Path) -> FloatModel:
    """Load a .keras, .h5 or SavedModel folder. Errors: see load_keras."""
    return load_saved_model(path) if path.is_dir() else from_keras(load_keras(path))


def from_keras(model: Any) -> FloatModel:
    """Wrap a keras.Model."""
    tf = import_tensorflow()
    if not model.inputs:
        raise UnsupportedModelError(
            "the model's input shape is unknown",
            "Call the model once on data, or give it an Input, before saving it.",
        )

    def call(tensors: Sequence[Any]) -> list[Any]:
        packed = tf.nest.pack_sequence_as(_structure(model), list(tensors))
        return list(tf.nest.flatten(model(packed, training=False)))

    return FloatModel(tuple(_spec(tensor) for tensor in model.inputs), call, model)


def _structure(model: Any) -> Any:
    structure = getattr(model, "_inputs_struct", None)
    return structure if structure is not None else model.inputs[0]


def _spec(tensor: Any) -> TensorSpec:
    sizes = [ANY_SIZE if size is None else int(size) for size in tensor.shape[1:]]
    return TensorSpec(
        str(tensor.name), (1, *sizes), str(getattr(tensor.dtype, "name", tensor.dtype))
    )


def load_saved_model(folder: Path) -> FloatModel:
    """Load a SavedModel folder by its serving signature, or its only one."""
    tf = import_tensorflow()
    _check_operators(folder)
    try:
        loaded = tf.saved_model.load(str(folder))
    except Exception as error:
        raise ModelFileError(
            f"{folder} can't be loaded as a SavedModel: {str(error).splitlines()[:1]}",
            _SIGNATURE_HINT,
        ) from error
    signature = _choose_signature(loaded.signatures, folder)
    return _from_signature(signature, loaded, folder)


def _check_operators(folder: Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2  # noqa: PLC0415 - slow to import, and rarely needed

    path = folder / "saved_model.pb"
    if not path.is_file():
        raise ModelFileError(f"{folder} is not a SavedModel: no saved_model.pb", _SIGNATURE_HINT)
    try:
        model = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    except Exception as error:
        raise ModelFileError(f"{path} is damaged", _SIGNATURE_HINT) from error
    graphs = [meta.graph_def for meta in model.meta_graphs]
    nodes = [node for graph in graphs for node in graph.node]
    nodes += [n for graph in graphs for f in graph.library.function for n in f.node_def]
    unsafe = sorted({node.op for node in nodes} & _UNSAFE_OPERATORS)
    if unsafe:
        raise UnsupportedModelError(
            f"{folder} uses {', '.join(unsafe)}, which reach outside the model", _SIGNATURE_HINT
        )


def _choose_signature(signatures: Any, folder: Path) -> Any:
    names = list(signatures)
    if "serving_default" in names:
        return signatures["serving_default"]
    if len(names) == 1:
        return signatures[names[0]]
    found = f"it has {', '.join(names)}" if names else "it has none"
    raise UnsupportedModelError(
        f"{folder} needs one signature, or one called serving_default; {found}", _SIGNATURE_HINT
    )


def _from_signature(signature: Any, owner: Any, folder: Path) -> FloatModel:
    _, named = signature.structured_input_signature
    names = sorted(named, key=_natural)
    if any(named[name].shape.rank is None for name in names):
        raise UnsupportedModelError(
            f"{folder}: the shape of an input is unknown", "Export it with a fixed input shape."
        )

    def call(tensors: Sequence[Any]) -> list[Any]:
        results = signature(**dict(zip(names, tensors, strict=True)))
        return [results[name] for name in sorted(results, key=_natural)]

    return FloatModel(tuple(_named_spec(named[name], name) for name in names), call, owner)


def _named_spec(tensor: Any, name: str) -> TensorSpec:
    sizes = [ANY_SIZE if size is None else int(size) for size in tensor.shape[1:]]
    return TensorSpec(name, (1, *sizes), str(tensor.dtype.name))


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]
