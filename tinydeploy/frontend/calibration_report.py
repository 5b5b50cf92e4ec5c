"""How far the quantized model is from the float model, and what ranges its tensors have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydeploy.config import Quantize
from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.accuracy import accuracy
from tinydeploy.frontend.calibration import CalibrationData, spread_indices
from tinydeploy.frontend.reference import Reference, TensorRange
from tinydeploy.frontend.samples import dequantize, to_model_input

if TYPE_CHECKING:
    from tinydeploy.frontend.specs import TensorSpec
    from tinydeploy.ir.graph import Array

EVALUATION_SAMPLES = 1000
RANGE_SAMPLES = 50
_ENOUGH_HELD_OUT = 100


@dataclass(frozen=True, slots=True)
class TensorCalibration:
    """One quantized activation: `seen_*` and `*_range_*` in real units, shares from 0 to 1.

    `at_lowest_share` is high by design after a ReLU; `at_highest_share` is clipping.
    """

    name: str
    shape: tuple[int, ...]
    scale: float
    zero_point: int
    seen_min: float
    seen_max: float
    lowest: float
    highest: float
    at_lowest_share: float
    at_highest_share: float


@dataclass(frozen=True, slots=True)
class OutputError:
    """Quantized against float for one output, in its own units; `step` is one step of its integers.

    `argmax_agreement` is the share of samples whose largest element is the same; None for an
    output of one element.
    """

    name: str
    step: float
    max_abs_error: float
    mean_abs_error: float
    argmax_agreement: float | None


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What is known about a quantization, as JSON-able numbers.

    Accuracies are shares of right labels, None without labels; target errors are mean absolute
    errors against real-valued targets, None without these; `int8_…` are those of the quantized
    model, of whatever numbers it is (`quantize`). `held_out` says whether the evaluated
    samples are other ones than those that set the ranges.
    """

    samples_given: int
    samples_calibrated: int
    samples_evaluated: int
    held_out: bool
    tensors: tuple[TensorCalibration, ...]
    outputs: tuple[OutputError, ...]
    quantize: str = Quantize.INT8.value
    float_accuracy: float | None = None
    int8_accuracy: float | None = None
    float_target_error: float | None = None
    int8_target_error: float | None = None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(fields: Mapping[str, Any]) -> CalibrationReport:
        tensors = ({**t, "shape": tuple(t["shape"])} for t in fields["tensors"])
        return CalibrationReport(
            **{
                **fields,
                "tensors": tuple(TensorCalibration(**t) for t in tensors),
                "outputs": tuple(OutputError(**o) for o in fields["outputs"]),
            }
        )


def evaluate(
    tflite: bytes,
    float_function: Any,
    data: CalibrationData,
    calibrated: Sequence[int],
    kind: Quantize = Quantize.INT8,
) -> CalibrationReport:
    """Compare `tflite` with `float_function` (TensorFlow, batch 1) over samples of `data`."""
    picked, held_out = _pick(data.sample_count, calibrated)
    floats = _float_outputs(float_function, data, picked)
    with Reference(tflite) as reference:
        samples = [_integers(data.sample(k), reference.inputs) for k in picked]
        integers = _stack(reference.run_many(samples))
        ranges = reference.tensor_ranges(
            [samples[k] for k in spread_indices(len(samples), RANGE_SAMPLES)]
        )
        specs = reference.outputs
    reals = [dequantize(array, spec) for array, spec in zip(integers, specs, strict=True)]
    return CalibrationReport(
        samples_given=data.sample_count,
        samples_calibrated=len(calibrated),
        samples_evaluated=len(picked),
        held_out=held_out,
        tensors=tuple(_tensor(found) for found in ranges),
        outputs=tuple(map(_output_error, specs, floats, reals)),
        quantize=kind.value,
        **_against_targets(data, picked, floats, reals),
    )


def _pick(total: int, calibrated: Sequence[int]) -> tuple[list[int], bool]:
    """Prefer samples that did not set the ranges, where there are enough of them."""
    rest = sorted(set(range(total)) - set(calibrated))
    held_out = len(rest) >= _ENOUGH_HELD_OUT
    pool = rest if held_out else list(range(total))
    return [pool[k] for k in spread_indices(len(pool), EVALUATION_SAMPLES)], held_out


def _float_outputs(function: Any, data: CalibrationData, picked: Sequence[int]) -> list[Array]:
    import tensorflow  # noqa: ICN001, PLC0415 - slow to import, and rarely needed

    dtypes = [tensor.dtype for tensor in function.inputs]
    results = []
    for k in picked:
        sample = zip(data.sample(k), dtypes, strict=True)
        tensors = [tensorflow.cast(array[None], dtype) for array, dtype in sample]
        results.append(tuple(output.numpy() for output in function(*tensors)))
    stacked = _stack(results)
    if not all(np.isfinite(array).all() for array in stacked):
        raise CalibrationError(
            "the float model gives NaN or infinite outputs for the calibration data",
            "Check the data's units, and the model on the same data in Keras.",
        )
    return stacked


def _stack(results: Sequence[Sequence[Array]]) -> list[Array]:
    return [np.concatenate(column) for column in zip(*results, strict=True)]


def _integers(sample: Sequence[Array], specs: Sequence[TensorSpec]) -> tuple[Array, ...]:
    return tuple(to_model_input(x, spec) for x, spec in zip(sample, specs, strict=True))


def _tensor(found: TensorRange) -> TensorCalibration:
    spec = found.spec
    limits = np.iinfo(spec.dtype)
    low, high, lowest, highest = (
        (value - spec.zero_point) * spec.scale
        for value in (found.low, found.high, int(limits.min), int(limits.max))
    )
    return TensorCalibration(
        name=spec.name,
        shape=spec.shape,
        scale=spec.scale,
        zero_point=spec.zero_point,
        seen_min=low,
        seen_max=high,
        lowest=lowest,
        highest=highest,
        at_lowest_share=found.at_lowest_share,
        at_highest_share=found.at_highest_share,
    )


def _output_error(spec: TensorSpec, floats: Array, reals: Array) -> OutputError:
    error = np.abs(floats.astype(np.float64) - reals)
    agreement = None
    if floats[0].size > 1:
        agreement = float(np.mean(_largest(floats) == _largest(reals)))
    return OutputError(
        name=spec.name,
        step=spec.scale,
        max_abs_error=float(error.max()),
        mean_abs_error=float(error.mean()),
        argmax_agreement=agreement,
    )


def _largest(outputs: Array) -> Array:
    return np.asarray(outputs.reshape(len(outputs), -1).argmax(axis=1))


def _against_targets(
    data: CalibrationData, picked: Sequence[int], floats: list[Array], reals: list[Array]
) -> dict[str, float | None]:
    if data.y is None or len(floats) != 1:
        return {}
    targets = data.y[list(picked)]
    if data.labels() is not None:
        return {
            "float_accuracy": accuracy(floats[0], targets),
            "int8_accuracy": accuracy(reals[0], targets),
        }
    return {
        "float_target_error": _target_error(floats[0], targets),
        "int8_target_error": _target_error(reals[0], targets),
    }


def _target_error(outputs: Array, targets: Array) -> float | None:
    if outputs.size != targets.size:
        return None
    return float(np.mean(np.abs(outputs.reshape(targets.shape) - targets)))
