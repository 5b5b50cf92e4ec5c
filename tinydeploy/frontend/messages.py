"""A length-prefixed message of JSON fields and raw blobs: between processes, and in cache files.

Not pickle: whoever can write to the cache folder or crash a worker must not be able to run code.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

if TYPE_CHECKING:
    from tinydeploy.ir.graph import Array

_HEAD = struct.Struct("<4sII")
_BLOB_BYTES = struct.Struct("<Q")
_MAGIC = b"TDM1"
_MAX_FIELDS_BYTES = 64 << 20
_MAX_BLOBS = 1 << 20
_MAX_BLOB_BYTES = 4 << 30


class ByteSource(Protocol):
    """What a message is read from: a pipe or an open file."""

    def read(self, size: int, /) -> bytes: ...


class DamagedMessageError(Exception):
    """Bytes that are not a whole message."""


@dataclass(frozen=True, slots=True)
class Message:
    """JSON-able `fields`, and `blobs` of raw bytes."""

    fields: dict[str, Any]
    blobs: tuple[bytes, ...] = ()


def encode_message(message: Message) -> bytes:
    """Return the bytes that read_message turns into `message` again."""
    fields = json.dumps(message.fields, separators=(",", ":")).encode()
    sizes = b"".join(_BLOB_BYTES.pack(len(blob)) for blob in message.blobs)
    head = _HEAD.pack(_MAGIC, len(fields), len(message.blobs))
    return b"".join((head, sizes, fields, *message.blobs))


def read_message(source: ByteSource) -> Message | None:
    """Read one message; None at the end of the source. Raises DamagedMessageError."""
    head = source.read(_HEAD.size)
    if not head:
        return None
    if len(head) != _HEAD.size:
        raise DamagedMessageError("the head is cut off")
    magic, fields_bytes, blob_count = _HEAD.unpack(head)
    if magic != _MAGIC or fields_bytes > _MAX_FIELDS_BYTES or blob_count > _MAX_BLOBS:
        raise DamagedMessageError("the head is not a message's")
    sizes = _read_exactly(source, blob_count * _BLOB_BYTES.size)
    fields = _parse_fields(_read_exactly(source, fields_bytes))
    blobs = tuple(_read_exactly(source, size) for (size,) in _BLOB_BYTES.iter_unpack(sizes))
    return Message(fields, blobs)


def _read_exactly(source: ByteSource, size: int) -> bytes:
    if size > _MAX_BLOB_BYTES:
        raise DamagedMessageError(f"a blob of {size} bytes")
    data = source.read(size)
    if len(data) != size:
        raise DamagedMessageError(f"cut off: {len(data)} of {size} bytes")
    return data


def _parse_fields(data: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except ValueError as error:
        raise DamagedMessageError("its fields are not JSON") from error
    if not isinstance(fields, dict):
        raise DamagedMessageError("its fields are not an object")
    return fields


def describe_arrays(arrays: Sequence[Array]) -> list[dict[str, Any]]:
    """Return the JSON-able shapes and types of `arrays`, in order."""
    return [{"dtype": a.dtype.str, "shape": list(a.shape)} for a in arrays]


def array_bytes(arrays: Sequence[Array]) -> tuple[bytes, ...]:
    """Return the raw bytes of `arrays`, row-major, in order."""
    return tuple(np.ascontiguousarray(a).tobytes() for a in arrays)


def arrays_from(
    descriptions: Sequence[dict[str, Any]], blobs: Sequence[bytes]
) -> tuple[Array, ...]:
    """Rebuild the arrays that describe_arrays and array_bytes took apart."""
    return tuple(
        np.frombuffer(blob, np.dtype(d["dtype"])).reshape(d["shape"])
        for d, blob in zip(descriptions, blobs, strict=True)
    )
