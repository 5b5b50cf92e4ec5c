"""From a float model file to a quantized .tflite and its report; TensorFlow is needed here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinydeploy.config import Quantize
from tinydeploy.frontend.calibration import load_calibration, no_samples
from tinydeploy.frontend.calibration_report import CalibrationReport, evaluate
from tinydeploy.frontend.float_model import load_float_model
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.tflite import read_tflite

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Conversion:
    """A quantized .tflite and how it compares with the float model; None without samples."""

    tflite: bytes
    report: CalibrationReport | None

    @staticmethod
    def from_json(tflite: bytes, report: Mapping[str, Any] | None) -> Conversion:
        """From what `report.to_json()` gave."""
        return Conversion(tflite, None if report is None else CalibrationReport.from_json(report))


def convert(
    model_path: Path,
    calibration_path: Path | None,
    image_range: tuple[float, float],
    kind: Quantize,
    on_progress: Progress,
) -> Conversion:
    """Load, quantize and evaluate the float model in `model_path`.

    Without samples one that holds its int8 ranges is quantized; another raises CalibrationError.
    """
    on_progress("loading the model")
    model = load_float_model(model_path)
    on_progress("reading calibration data")
    if calibration_path is None:
        data = no_samples(model.inputs)
    else:
        data = load_calibration(calibration_path, model.inputs, image_range)
    on_progress(f"quantizing to {kind.value} ({data.sample_count} samples)")
    quantized = quantize(model, data, kind)
    # Before the reference interpreter, which aborts on what the reader refuses with a reason.
    read_tflite(quantized.tflite, model_path.stem)
    if calibration_path is None:
        return Conversion(quantized.tflite, None)
    on_progress(f"comparing {kind.value} with float")
    report = evaluate(
        quantized.tflite, quantized.float_function, data, quantized.samples_used, kind
    )
    return Conversion(quantized.tflite, report)
