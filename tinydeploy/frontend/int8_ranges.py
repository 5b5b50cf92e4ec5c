"""Tells, without TensorFlow, whether a model file holds int8 ranges and so needs no samples."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tinydeploy.frontend.fake_quantization import PACKAGE

_CONFIG = "config.json"
_MAX_CONFIG_BYTES = 64 << 20


def has_int8_ranges(path: Path) -> bool:
    """Whether `path` looks like a .keras file that went through quantization-aware training.

    Only a look: the model itself is checked when it is converted.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(_CONFIG).file_size > _MAX_CONFIG_BYTES:
                return False
            return f'"{PACKAGE}>FakeQuantize"'.encode() in archive.read(_CONFIG)
    except Exception:  # noqa: BLE001 - whatever a damaged archive ends in, it is refused later
        return False
