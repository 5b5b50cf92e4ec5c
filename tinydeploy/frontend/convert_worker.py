"""The process in which TensorFlow converts a model. Started by load.py."""

from __future__ import annotations

from pathlib import Path

from tinydeploy.config import Quantize
from tinydeploy.frontend.convert import convert
from tinydeploy.frontend.messages import Message
from tinydeploy.frontend.worker import Reply, serve


def _handle(request: Message, send: Reply) -> Message:
    low, high = request.fields["image_range"]
    calibration = request.fields["calibration"]
    result = convert(
        Path(request.fields["model"]),
        Path(calibration) if calibration else None,
        (float(low), float(high)),
        Quantize(request.fields["quantize"]),
        lambda step: send(Message({"progress": step})),
    )
    return Message({"report": result.report and result.report.to_json()}, (result.tflite,))


if __name__ == "__main__":
    serve(_handle)
