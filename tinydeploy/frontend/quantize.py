"""Full-integer post-training quantization, int8 or 16x8, with TensorFlow's converter."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tinydeploy.config import Quantize
from tinydeploy.errors import (
    CalibrationError,
    InternalError,
    TinydeployError,
    UnsupportedModelError,
)
from tinydeploy.frontend.calibration import FORMS_HINT, CalibrationData, spread_indices
from tinydeploy.frontend.tensorflow_env import import_tensorflow

if TYPE_CHECKING:
    from tinydeploy.frontend.float_model import FloatModel
    from tinydeploy.ir.graph import Array

# More samples hardly move the ranges, and each costs an inference in the converter.
CALIBRATION_SAMPLES = 500

_OPERATOR_HINT = (
    "TensorFlow Lite has no built-in integer operator for it. Replace it in the model "
    "(for instance by Conv, Dense, pooling, Add, ReLU), or leave it to the code around the model."
)


@dataclass(frozen=True, slots=True)
class QuantizedModel:
    """The quantized .tflite, and the float function (frozen, batch 1) that it stands for.

    `samples_used` are the indices of those that set the ranges: none where training did.
    """

    tflite: bytes
    float_function: Any
    samples_used: tuple[int, ...]


def quantize(
    model: FloatModel, data: CalibrationData, kind: Quantize = Quantize.INT8
) -> QuantizedModel:
    """Return `model` with integer inputs and outputs, batch 1, inputs in the model's order.

    The same model and data give the same bytes. At most CALIBRATION_SAMPLES samples are used,
    evenly spread; none of a model that holds its ranges itself, from quantization-aware training.
    Raises UnsupportedModelError, naming operators that have no integer form; CalibrationError
    without samples where they are needed.
    """
    function = freeze(model, data)
    used: list[int] = []
    if not _holds_ranges(function):
        used = spread_indices(data.sample_count, CALIBRATION_SAMPLES)
        if not used:
            raise CalibrationError("there are no samples to take ranges from", FORMS_HINT)
    elif kind is not Quantize.INT8:
        raise UnsupportedModelError(
            f"the model was trained for int8, and can't be converted to {kind.value}",
            "Convert it to int8, or the model before that training to anything.",
        )
    tflite = converted(_integer_converter(function, data, used, kind), kind)
    return QuantizedModel(tflite, function, tuple(used))


def converted(converter: Any, kind: Quantize = Quantize.INT8) -> bytes:
    """Return the .tflite that a converter makes. Raises UnsupportedModelError."""
    try:
        tflite = converter.convert()
    except Exception as error:
        raise conversion_error(error, kind) from error
    if not isinstance(tflite, bytes):
        raise InternalError("the converter returned no model")
    return tflite


def freeze(model: FloatModel, data: CalibrationData) -> Any:
    """Return `model` as a TensorFlow function with batch 1, fixed shapes and constant weights.

    Traced with batch 1 from the start, so that no SHAPE, STRIDED_SLICE or PACK is left of a free
    batch. The names of its inputs must be Python parameters, and "in" is none.
    """
    tf = import_tensorflow()
    from tensorflow.python.framework import convert_to_constants  # noqa: PLC0415 - slow to import, and rarely needed

    names = _parameter_names([spec.name for spec in model.inputs])
    specs = [
        tf.TensorSpec((1, *array.shape[1:]), spec.dtype, name=name)
        for name, spec, array in zip(names, model.inputs, data.x, strict=True)
    ]

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def run(*tensors: Any) -> list[Any]:
        return [tf.identity(output) for output in model.call(tensors)]

    try:
        traced = run.get_concrete_function(*specs)
        return convert_to_constants.convert_variables_to_constants_v2(traced)
    except Exception as error:
        raise UnsupportedModelError(
            f"the model can't be traced for one sample: {_first_lines(error)}",
            "Check that the shape of the calibration data is what the model takes.",
        ) from error


def _parameter_names(names: list[str]) -> list[str]:
    plain = [re.sub(r"[^A-Za-z0-9_]", "_", name) for name in names]
    valid = [n if n.isidentifier() and not keyword.iskeyword(n) else f"input_{n}" for n in plain]
    unique = len({name.lower() for name in valid}) == len(valid)
    return valid if unique else [f"{name}_{k}" for k, name in enumerate(valid)]


def optimizing_converter(function: Any) -> Any:
    """Return a TFLiteConverter of a frozen function, to be told what to optimize for."""
    tf = import_tensorflow()
    # Without a trackable object: the variables are constants already, and the converter keeps the
    # order of inputs and outputs, which the detour through a signature sorts by name.
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter


def _integer_converter(
    function: Any, data: CalibrationData, used: list[int], kind: Quantize
) -> Any:
    tf = import_tensorflow()
    converter = optimizing_converter(function)
    operators, dtype = {
        Quantize.INT8: ("TFLITE_BUILTINS_INT8", tf.int8),
        Quantize.INT16X8: (
            "EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8",
            tf.int16,
        ),
    }[kind]
    converter.inference_input_type = dtype
    converter.inference_output_type = dtype
    if not used:
        # The converter asks for samples where only integer operators are allowed. The reader of
        # its result refuses any others.
        return converter
    converter.target_spec.supported_ops = [getattr(tf.lite.OpsSet, operators)]
    converter.representative_dataset = representative_dataset(function, data, used)
    return converter


def representative_dataset(
    function: Any, data: CalibrationData, used: list[int]
) -> Callable[[], Iterator[list[Array]]]:
    """The samples with these indices, as the converter asks for them."""
    dtypes = [tensor.dtype.as_numpy_dtype for tensor in function.inputs]

    def representative() -> Iterator[list[Array]]:
        for index in used:
            sample = data.sample(index)
            yield [x[None].astype(dtype) for x, dtype in zip(sample, dtypes, strict=True)]

    return representative


def _holds_ranges(function: Any) -> bool:
    graph = function.graph.as_graph_def()
    nodes = [*graph.node, *(node for f in graph.library.function for node in f.node_def)]
    return any(node.op.startswith("FakeQuantWithMinMax") for node in nodes)


def conversion_error(error: Exception, kind: Quantize = Quantize.INT8) -> TinydeployError:
    """Return what the converter's message means for the user."""
    operators = _unsupported_operators(str(error))
    if operators:
        return UnsupportedModelError(
            f"the model uses {', '.join(operators)}, which can't be converted to {kind.value}",
            _OPERATOR_HINT,
        )
    return UnsupportedModelError(
        f"TensorFlow's converter refuses the model: {_first_lines(error)}", _OPERATOR_HINT
    )


def _unsupported_operators(text: str) -> list[str]:
    lists = re.findall(r"(?:Flex|TF Select|Custom|Select TF) ops: *([\w, ]+)", text)
    found = {name.strip().removeprefix("Flex") for names in lists for name in names.split(",")}
    found |= set(re.findall(r"'(tf\.[A-Za-z0-9]+)' op is neither a custom op", text))
    found |= set(
        re.findall(r"Quantization(?: to 16x8-bit)? not yet supported for op: '?([A-Z0-9_]+)", text)
    )
    return sorted(name.removeprefix("tf.") for name in found if name)


def _first_lines(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return " ".join(lines[:2])[:400] or type(error).__name__
