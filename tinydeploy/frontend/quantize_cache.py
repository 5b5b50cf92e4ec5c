"""Remembers quantized models, so that a second build doesn't load TensorFlow.

One cache entry per model, named by a digest of everything that goes in.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import tinydeploy
from tinydeploy import cache
from tinydeploy.frontend.convert import Conversion
from tinydeploy.frontend.messages import DamagedMessageError, Message, encode_message, read_message

_KIND = "quantized"
# Part of each digest: raise it when quantization or the report changes.
_FORMAT = 2
_MAX_ENTRIES = 64
_PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "ai-edge-litert")


def digest_inputs(model: Path, calibration: Path | None, options: dict[str, Any]) -> str:
    """Return a digest of both paths' contents, the options and all versions. May raise OSError."""
    digest = hashlib.sha256()
    facts = {"format": _FORMAT, "options": options, "versions": _versions()}
    digest.update(json.dumps(facts, sort_keys=True).encode())
    for path in (model, calibration) if calibration else (model,):
        for name, file in _files_in(path):
            size = file.stat().st_size
            digest.update(json.dumps([name, size]).encode())
            with file.open("rb") as source:
                while chunk := source.read(1 << 20):
                    digest.update(chunk)
    return digest.hexdigest()


def _files_in(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield f"file{path.suffix}", path
        return
    for file in sorted(path.rglob("*")):
        if file.is_file():
            yield file.relative_to(path).as_posix(), file


def _versions() -> dict[str, str]:
    found = {"tinydeploy": tinydeploy.__version__}
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found


def read_cached(digest: str) -> Conversion | None:
    """Return the remembered conversion, or None."""
    try:
        message = read_message(io.BytesIO(cache.read_cached(_KIND, digest) or b""))
        return None if message is None else _conversion(message)
    except (OSError, DamagedMessageError, LookupError, TypeError, ValueError, MemoryError):
        return None


def _conversion(message: Message) -> Conversion | None:
    (tflite,) = message.blobs
    if message.fields["sha256"] != _checksum(tflite, message.fields["report"]):
        return None
    return Conversion.from_json(tflite, message.fields["report"])


def write_cached(digest: str, conversion: Conversion) -> None:
    """Remember `conversion`, whole or not at all."""
    report = json.loads(json.dumps(conversion.report and conversion.report.to_json()))
    fields = {"sha256": _checksum(conversion.tflite, report), "report": report}
    data = encode_message(Message(fields, (conversion.tflite,)))
    cache.write_cached(_KIND, digest, data, _MAX_ENTRIES)


def _checksum(tflite: bytes, report: dict[str, Any] | None) -> str:
    return hashlib.sha256(tflite + json.dumps(report, sort_keys=True).encode()).hexdigest()
