"""Reading a flatbuffer that may be damaged.

The generated accessors of the `tflite` package follow whatever offsets the file holds. Here the
whole file is walked once, so that a truncated or mutated file is refused before its contents are
used, and no length in it can make us allocate or loop beyond the file's own size.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import tflite

from tinydeploy.errors import ModelFileError

DAMAGE = (
    struct.error,
    IndexError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    OverflowError,
    MemoryError,
)
"""What the accessors raise when an offset or a length leads nowhere."""

_HELPERS = ("Length", "AsNumpy", "IsNone", "BufferHasIdentifier")
_MINIMUM_BYTES = 8


def open_model(data: bytes, where: str) -> Any:
    """The root table of a .tflite file. Raises ModelFileError when the file is damaged."""
    hint = "Convert the model again, or copy the file again: it may be incomplete."
    if not data:
        raise ModelFileError(f"{where} is empty", hint)
    if len(data) < _MINIMUM_BYTES or data[4:8] != b"TFL3":
        raise ModelFileError(
            f"{where} is not a .tflite file (its identifier is not TFL3)",
            "Give a .tflite, .keras or .h5 file, or a SavedModel folder.",
        )
    try:
        model = tflite.Model.GetRootAs(data, 0)
        _walk(model, len(data), set())
        if model.SubgraphsLength() == 0:
            raise ValueError("no subgraph")
    except struct.error:
        raise ModelFileError(
            f"{where} is damaged or truncated: it points behind its own end ({len(data):,} bytes)",
            hint,
        ) from None
    except DAMAGE as error:
        raise ModelFileError(f"{where} is damaged or truncated ({error})", hint) from None
    return model


def fields(table: Any) -> dict[str, Any]:
    """All fields of a table of scalars, strings and vectors of scalars, by the schema's names."""
    return {name: _value(table, name) for name in _field_names(type(table))}


_FIELD_NAMES: dict[type, tuple[str, ...]] = {}


def _field_names(kind: type) -> tuple[str, ...]:
    if kind not in _FIELD_NAMES:
        _FIELD_NAMES[kind] = _find_field_names(kind)
    return _FIELD_NAMES[kind]


def _find_field_names(kind: type) -> tuple[str, ...]:
    names = [n for n in vars(kind) if n[0].isupper() and not n.startswith("GetRoot")]
    return tuple(n for n in names if n != "Init" and not n.endswith(_HELPERS))


def _value(table: Any, name: str) -> Any:
    if not hasattr(table, f"{name}Length"):
        return getattr(table, name)()
    return tuple(getattr(table, name)(i) for i in range(getattr(table, f"{name}Length")()))


def _walk(table: Any, file_bytes: int, seen: set[tuple[type, int]]) -> None:
    """Touch every string, vector and table that is reachable from `table`, each once.

    Many offsets may lead to one table: without `seen`, a small file could keep us busy for days.
    """
    if (type(table), table._tab.Pos) in seen:
        return
    seen.add((type(table), table._tab.Pos))
    if table._tab.Pos < 0 or table._tab.Pos > file_bytes - 4:
        raise ValueError("an offset points outside the file")
    for name in _field_names(type(table)):
        for child in _children(table, name, file_bytes):
            if child is not None and hasattr(child, "_tab"):
                _walk(child, file_bytes, seen)


def _children(table: Any, name: str, file_bytes: int) -> Iterator[Any]:
    if not hasattr(table, f"{name}Length"):
        yield getattr(table, name)()
        return
    length = getattr(table, f"{name}Length")()
    if not 0 <= length <= file_bytes:
        raise ValueError(f"{name} has an impossible length")
    if hasattr(table, f"{name}AsNumpy"):
        getattr(table, f"{name}AsNumpy")()
        return
    for index in range(length):
        yield getattr(table, name)(index)
