"""The way in: a model file of any kind becomes the bytes of a quantized .tflite."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinydeploy.config import Quantize
from tinydeploy.errors import CalibrationError, ModelFileError, UnsupportedModelError, UsageError
from tinydeploy.frontend.calibration import FORMS_HINT
from tinydeploy.frontend.calibration_report import CalibrationReport
from tinydeploy.frontend.child import Child, ChildDiedError
from tinydeploy.frontend.convert import Conversion
from tinydeploy.frontend.int8_ranges import has_int8_ranges
from tinydeploy.frontend.messages import Message
from tinydeploy.frontend.quantize_cache import digest_inputs, read_cached, write_cached
from tinydeploy.frontend.tensorflow_env import QUIET_ENVIRONMENT

Progress = Callable[[str], None]

_WORKER = "tinydeploy.frontend.convert_worker"
_CONVERT_TIMEOUT_S = 3600.0
_MAX_TFLITE_BYTES = 1 << 30
_CHATTER = re.compile(r"WARNING|[IW]\d{4}[ \d]")  # what TensorFlow logs whatever happens
_KINDS_HINT = "Pass a .tflite (int8), .keras, .h5, or a SavedModel folder."


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A quantized model and where it came from.

    `name` is the file's or folder's own name without its suffix: any characters that a file name
    can hold. `calibration` is None for a model that was quantized already, or holds its int8 ranges
    and came without data.
    """

    tflite: bytes
    name: str
    source: str
    calibration: CalibrationReport | None = None


def load_model(
    path: Path,
    calibration: Path | None = None,
    on_progress: Progress | None = None,
    image_range: tuple[float, float] = (0.0, 255.0),
    quantize: Quantize = Quantize.INT8,
) -> LoadedModel:
    """Read the model in `path`; quantize it with the data in `calibration` where it is float.

    A .tflite is passed through as it is, unread. A .keras file of quantization-aware training needs
    no data. `on_progress` gets the name of each step. Pixels
    of calibration images are mapped from 0..255 to `image_range`.

    Raises ModelFileError (missing, damaged, of another kind), UnsupportedModelError (custom layers,
    operators without an integer form), CalibrationError, ToolMissingError (no TensorFlow),
    UsageError (a .tflite that is to be quantized otherwise).
    """
    kind = _kind(path)
    name = path.resolve().stem if kind != "folder" else path.resolve().name
    if kind == "tflite":
        if quantize is not Quantize.INT8:
            raise UsageError(
                f"{path} can't be quantized to {quantize.value}: a .tflite is taken as it is",
                "Give the Keras model with its calibration data, or leave out the option "
                "(a .tflite that is 16x8 already needs none).",
            )
        return LoadedModel(_read_tflite(path), name, str(path))
    if calibration is None and not has_int8_ranges(path):
        raise CalibrationError(
            f"{path} is a float model: turning it into {quantize.value} needs calibration data",
            f"Add --calibration PATH with typical inputs. {FORMS_HINT}",
        )
    result = _convert_cached(path, calibration, image_range, quantize, on_progress or _ignore)
    return LoadedModel(result.tflite, name, str(path), result.report)


def _kind(path: Path) -> str:
    try:
        if path.is_dir():
            return _kind_of_folder(path)
        if not path.exists():
            raise ModelFileError(f"model {path} does not exist", _KINDS_HINT)
        if not path.is_file():
            raise ModelFileError(f"model {path} is not a file", _KINDS_HINT)
        with path.open("rb") as file:
            head = file.read(8)
    except (OSError, ValueError) as error:
        raise ModelFileError(f"model {path} can't be read: {error}", _KINDS_HINT) from error
    return _kind_of_file(path, head)


def _kind_of_folder(path: Path) -> str:
    if (path / "saved_model.pb").is_file():
        return "folder"
    raise ModelFileError(
        f"model {path} is a folder without saved_model.pb, so it is no SavedModel", _KINDS_HINT
    )


def _kind_of_file(path: Path, head: bytes) -> str:
    if not head:
        raise ModelFileError(f"model {path} is empty (0 bytes)", _KINDS_HINT)
    suffix = path.suffix.lower()
    if head[4:8] == b"TFL3" or suffix in (".tflite", ".lite"):
        return "tflite"
    if head.startswith((b"PK\x03\x04", b"\x89HDF\r\n\x1a\n")) or suffix in (
        ".keras",
        ".h5",
        ".hdf5",
    ):
        return "keras"
    if suffix in (".onnx", ".pt", ".pth", ".pb", ".pkl", ".joblib"):
        raise UnsupportedModelError(f"model {path}: {suffix} files are not supported", _KINDS_HINT)
    raise ModelFileError(f"model {path} is of an unknown kind", _KINDS_HINT)


def _read_tflite(path: Path) -> bytes:
    try:
        if path.stat().st_size > _MAX_TFLITE_BYTES:
            raise ModelFileError(f"model {path} is larger than 1 GiB", _KINDS_HINT)
        return path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"model {path} can't be read: {error}", _KINDS_HINT) from error


def _convert_cached(
    path: Path,
    calibration: Path | None,
    image_range: tuple[float, float],
    quantize: Quantize,
    on_progress: Progress,
) -> Conversion:
    options = {"image_range": list(image_range), "quantize": quantize.value}
    try:
        digest = digest_inputs(path, calibration, options)
    except OSError as error:
        unreadable = error.filename or calibration or path
        raise CalibrationError(
            f"{unreadable} can't be read: {error.strerror}", FORMS_HINT
        ) from error
    cached = read_cached(digest)
    if cached is not None:
        return cached
    result = _convert_in_child(path, calibration, options, on_progress)
    write_cached(digest, result)
    return result


def _convert_in_child(
    path: Path, calibration: Path | None, options: Mapping[str, Any], on_progress: Progress
) -> Conversion:
    """Let a child do it: TensorFlow logs to the terminal, and its converter may abort."""
    request = Message(
        {
            "model": str(path.resolve()),
            "calibration": calibration and str(calibration.resolve()),
            **options,
        }
    )
    on_progress("starting TensorFlow")
    try:
        with Child(_WORKER, QUIET_ENVIRONMENT) as child:
            answer = child.ask(
                request,
                _CONVERT_TIMEOUT_S,
                lambda message: on_progress(str(message.fields["progress"])),
            )
    except ChildDiedError as error:
        raise UnsupportedModelError(
            f"TensorFlow's converter {error.reason} on {path}{_last_line(error.log)}",
            "The file is damaged, or the converter can't handle the model. Recurrent layers (LSTM, "
            "GRU, SimpleRNN) need unroll=True. Or convert it to an int8 .tflite yourself.",
        ) from error
    return Conversion.from_json(answer.blobs[0], answer.fields["report"])


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    lines = [line for line in lines if not _CHATTER.match(line)]
    return f": {lines[-1][:300]}" if lines else ""


def _ignore(step: str) -> None:
    """Drop a progress message."""
