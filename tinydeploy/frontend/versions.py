"""Operator versions that the converter writes, but released interpreters do not know yet.

A version tells which types and options an operator may use. Where a new one only adds what an
8-bit model does not use, the older kernel computes the same.
"""

from __future__ import annotations

import struct
from typing import Any

import tflite

from tinydeploy.errors import ModelFileError
from tinydeploy.frontend.flatbuffer import DAMAGE, open_model

_NEWEST_KNOWN = {tflite.BuiltinOperator.TILE: 2}
_VERSION_FIELD = 8
"""Position of `version` in the table of field offsets of OperatorCode."""


def with_known_versions(model: bytes) -> bytes:
    """The model with the versions that every interpreter with these operators knows."""
    patched = bytearray(model)
    try:
        table = open_model(model, "the model")
        for index in range(table.OperatorCodesLength()):
            code = table.OperatorCodes(index)
            newest = _NEWEST_KNOWN.get(max(code.BuiltinCode(), code.DeprecatedBuiltinCode()))
            if newest is not None and code.Version() > newest:
                struct.pack_into("<i", patched, _version_position(code), newest)
    except (ModelFileError, *DAMAGE):
        return model  # The interpreter says what is wrong with it.
    return bytes(patched)


def _version_position(code: Any) -> int:
    # A version above 1 is stored, not left out as the default.
    return int(code._tab.Pos + code._tab.Offset(_VERSION_FIELD))
