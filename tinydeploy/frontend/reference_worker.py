"""The process in which the reference interpreter runs. Started by reference.py."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydeploy.errors import InternalError, ModelFileError, ToolMissingError, UnsupportedModelError
from tinydeploy.frontend.messages import (
    Message,
    array_bytes,
    arrays_from,
    describe_arrays,
)
from tinydeploy.frontend.specs import TensorSpec
from tinydeploy.frontend.versions import with_known_versions
from tinydeploy.frontend.worker import Reply, serve

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array

# In order of preference; tf.lite is on its way out of TensorFlow and takes seconds to import.
_INTERPRETERS = (
    "ai_edge_litert.interpreter",
    "tflite_runtime.interpreter",
    "tensorflow.lite.python.interpreter",
)
_UNSUPPORTED_SIGNS = ("custom op", "Didn't find op", "Select TensorFlow op", "not supported")

# A damaged model may ask for an absurd amount; the address space is bounded, not the use of it.
_MEMORY_LIMIT_BYTES = 16 << 30


class ReferenceInterpreter:
    """One model in the first interpreter that is installed, with its reference kernels."""

    def __init__(self, model: bytes, names: Iterable[str]) -> None:
        self._library, self._name = _import_interpreter(names)
        self._model = with_known_versions(model)
        self._plain = self._open(keep_all=False)
        self._keeping: Any = None

    def describe(self) -> dict[str, Any]:
        return {
            "interpreter": self._name,
            "inputs": [_spec(d).to_json() for d in self._plain.get_input_details()],
            "outputs": [_spec(d).to_json() for d in self._plain.get_output_details()],
        }

    def run(self, inputs: tuple[Array, ...]) -> tuple[Array, ...]:
        """Run one sample; the arrays have exactly the inputs' shapes and types."""
        _invoke(self._plain, inputs)
        details = self._plain.get_output_details()
        return tuple(self._plain.get_tensor(d["index"]) for d in details)

    def run_all_tensors(self, inputs: tuple[Array, ...]) -> dict[int, Array]:
        """Run one sample and return every tensor that has a value, by its index."""
        if self._keeping is None:
            self._keeping = self._open(keep_all=True)
        _invoke(self._keeping, inputs)
        found = {}
        for detail in self._keeping.get_tensor_details():
            value = _value_or_none(self._keeping, detail["index"])
            if value is not None:
                found[int(detail["index"])] = value
        return found

    def tensor_specs(self) -> dict[int, TensorSpec]:
        return {int(d["index"]): _spec(d) for d in self._plain.get_tensor_details()}

    def _open(self, keep_all: bool) -> Any:
        try:
            interpreter = self._library.Interpreter(
                model_content=self._model,
                experimental_op_resolver_type=self._library.OpResolverType.BUILTIN_REF,
                experimental_preserve_all_tensors=keep_all,
                num_threads=1,
            )
            interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise _refusal(error) from error
        return interpreter


def _import_interpreter(names: Iterable[str]) -> tuple[Any, str]:
    for name in names:
        try:
            return importlib.import_module(name), name
        except ImportError:
            continue
    raise ToolMissingError(
        "no TensorFlow Lite interpreter is installed, so there is no reference to compare with",
        "pip install ai-edge-litert",
    )


def _spec(detail: dict[str, Any]) -> TensorSpec:
    quantization = detail["quantization_parameters"]
    scales, zero_points = quantization["scales"], quantization["zero_points"]
    single = len(scales) == 1
    return TensorSpec(
        name=str(detail["name"]),
        shape=tuple(int(d) for d in detail["shape"]),
        dtype=np.dtype(detail["dtype"]).name,
        scale=float(scales[0]) if single else 0.0,
        zero_point=int(zero_points[0]) if single else 0,
    )


def _refusal(error: Exception) -> ModelFileError | UnsupportedModelError:
    text = " ".join(str(error).split())
    if any(sign in text for sign in _UNSUPPORTED_SIGNS):
        return UnsupportedModelError(
            f"the reference interpreter does not support the model: {text}",
            "Use built-in TensorFlow Lite operators only.",
        )
    return ModelFileError(
        f"the reference interpreter refuses the model: {text}",
        "Convert the model again from its source.",
    )


def _invoke(interpreter: Any, inputs: tuple[Array, ...]) -> None:
    details = interpreter.get_input_details()
    if len(details) != len(inputs):
        raise InternalError(f"the model takes {len(details)} inputs, got {len(inputs)}")
    try:
        for detail, value in zip(details, inputs, strict=True):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
    except RuntimeError as error:
        raise _refusal(error) from error


def _value_or_none(interpreter: Any, index: int) -> Array | None:
    try:
        return np.array(interpreter.get_tensor(index))
    except ValueError:  # a tensor without data: optional, or scratch of an operator
        return None


class _Session:
    """Answers the parent's requests, one method each."""

    def __init__(self) -> None:
        self._model: ReferenceInterpreter | None = None

    def handle(self, request: Message, send: Reply) -> Message:
        actions: dict[str, Callable[[Message], Message]] = {
            "open": self._open,
            "run": self._run,
            "all_tensors": self._all_tensors,
            "ranges": self._ranges,
        }
        return actions[request.fields["action"]](request)

    def _open(self, request: Message) -> Message:
        names = request.fields.get("interpreters") or _INTERPRETERS
        self._model = ReferenceInterpreter(request.blobs[0], names)
        return Message(self._model.describe())

    def _run(self, request: Message) -> Message:
        model = self._opened()
        outputs = [array for sample in _samples(request) for array in model.run(sample)]
        return Message({"arrays": describe_arrays(outputs)}, array_bytes(outputs))

    def _all_tensors(self, request: Message) -> Message:
        (sample,) = _samples(request)
        found = self._opened().run_all_tensors(sample)
        values = list(found.values())
        fields = {"indices": list(found), "arrays": describe_arrays(values)}
        return Message(fields, array_bytes(values))

    def _ranges(self, request: Message) -> Message:
        model = self._opened()
        return Message({"tensors": measure_ranges(model, _samples(request))})

    def _opened(self) -> ReferenceInterpreter:
        if self._model is None:
            raise InternalError("the reference worker has no model yet")
        return self._model


def _samples(request: Message) -> list[tuple[Array, ...]]:
    arrays = arrays_from(request.fields["arrays"], request.blobs)
    per_sample = int(request.fields["inputs_per_sample"])
    return [arrays[k : k + per_sample] for k in range(0, len(arrays), per_sample)]


def measure_ranges(
    model: ReferenceInterpreter, samples: list[tuple[Array, ...]]
) -> list[dict[str, Any]]:
    """Return lowest and highest integer seen, and how often each end of the range was hit.

    Only quantized tensors that the samples change or that are inputs: constants say nothing.
    """
    specs = {k: s for k, s in model.tensor_specs().items() if s.is_quantized}
    seen: dict[int, _Range] = {}
    for sample in samples:
        for index, value in model.run_all_tensors(sample).items():
            if index in specs and value.size:
                seen.setdefault(index, _Range(value)).add(value)
    return [
        {**specs[index].to_json(), "index": index, **span.to_json()}
        for index, span in sorted(seen.items())
        if not span.is_constant or len(samples) == 1
    ]


class _Range:
    """The span of one tensor over many samples."""

    def __init__(self, first: Array) -> None:
        self._first = first
        self._limits = np.iinfo(first.dtype)
        self.is_constant = True
        self.low, self.high = int(first.min()), int(first.max())
        self._at_low = self._at_high = self._total = 0

    def add(self, value: Array) -> None:
        self.is_constant = self.is_constant and np.array_equal(value, self._first)
        self.low = min(self.low, int(value.min()))
        self.high = max(self.high, int(value.max()))
        self._at_low += int(np.count_nonzero(value == self._limits.min))
        self._at_high += int(np.count_nonzero(value == self._limits.max))
        self._total += value.size

    def to_json(self) -> dict[str, Any]:
        return {
            "low": self.low,
            "high": self.high,
            "at_lowest_share": self._at_low / self._total,
            "at_highest_share": self._at_high / self._total,
        }


if __name__ == "__main__":
    # The last resort, tf.lite, would log at length.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    serve(_Session().handle, _MEMORY_LIMIT_BYTES)
