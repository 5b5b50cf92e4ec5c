"""How large a model is as .tflite, by kind of quantization; of three kinds integers run one."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.frontend.calibration import CalibrationData, spread_indices
from tinydeploy.frontend.float_model import FloatModel
from tinydeploy.frontend.quantize import (
    CALIBRATION_SAMPLES,
    converted,
    freeze,
    optimizing_converter,
    quantize,
    representative_dataset,
)
from tinydeploy.frontend.tensorflow_env import import_tensorflow

NOT_RUNNABLE = "not runnable on an integer-only device"


@dataclass(frozen=True, slots=True)
class QuantizationSize:
    """`tflite_bytes` of one kind; `note` is empty for the one that tinydeploy deploys."""

    kind: str
    tflite_bytes: int
    note: str


def quantization_sizes(
    model: FloatModel, in_float: FloatModel, data: CalibrationData
) -> tuple[QuantizationSize, ...]:
    """Convert a model to int8, int8 with float fallback, and float16, and give the sizes.

    `in_float` is `model`, unless that one has int8 ranges from quantization-aware training: then it
    is the same one without them. Errors: see quantize().
    """
    tf = import_tensorflow()
    int8 = quantize(model, data).tflite
    function = freeze(in_float, data)

    fallback = optimizing_converter(function)
    used = spread_indices(data.sample_count, CALIBRATION_SAMPLES)
    fallback.representative_dataset = representative_dataset(function, data, used)
    float16 = optimizing_converter(function)
    float16.target_spec.supported_types = [tf.float16]
    return (
        QuantizationSize("int8", len(int8), ""),
        QuantizationSize("int8 with float fallback", len(converted(fallback)), NOT_RUNNABLE),
        QuantizationSize("float16", len(converted(float16)), NOT_RUNNABLE),
    )
