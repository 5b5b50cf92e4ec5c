"""Frames and messages on the serial line, to and from bytes; docs/wire.md describes them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

from cobs import cobs

from tinydeploy.codegen import wire
from tinydeploy.codegen.wire import (
    KIND_BYTES,
    DeviceInfo,
    Field,
    InvocationReport,
    Message,
    Request,
)

_LITTLE: Literal["little"] = "little"


class MalformedMessageError(ValueError):
    """Bytes that are no message of this protocol."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded frame, its CRC checked."""

    type: int
    session: int
    sequence: int
    payload: bytes


def encode_frame(frame: Frame) -> bytes:
    """Return `frame` as it goes over the line, the closing zero byte included."""
    header = pack(wire.HEADER, frame.type, frame.session, frame.sequence)
    body = header + frame.payload
    crc = zlib.crc32(body).to_bytes(wire.CRC_BYTES, _LITTLE)
    encoded: bytes = cobs.encode(body + crc)
    return encoded + b"\0"


def decode_frame(chunk: bytes) -> Frame | None:
    """Decode what stood between two zero bytes; None: damaged, or no frame at all."""
    try:
        data: bytes = cobs.decode(chunk)
    except cobs.DecodeError:
        return None
    body, crc = data[: -wire.CRC_BYTES], data[-wire.CRC_BYTES :]
    if len(body) < wire.HEADER.size_bytes or zlib.crc32(body) != int.from_bytes(crc, _LITTLE):
        return None
    header = unpack(wire.HEADER, body[: wire.HEADER.size_bytes])
    return Frame(
        int(header["type"]),
        int(header["session"]),
        int(header["sequence"]),
        body[wire.HEADER.size_bytes :],
    )


def request_payload(request: Request, *values: int, tail: bytes = b"") -> bytes:
    """Return the payload of `request` with the values of its fields, in their order."""
    message = next(m for m in wire.REQUESTS if m.name == request.name.lower())
    return pack(message, *values) + tail


def pack(message: Message, *values: int) -> bytes:
    """Return the values of the fields of `message`, in their order, as bytes."""
    pairs = zip(message.fields, values, strict=True)
    return b"".join(value.to_bytes(KIND_BYTES[field.kind], _LITTLE) for field, value in pairs)


def unpack(message: Message, data: bytes) -> dict[str, int | str]:
    """Return the fields of `message` by name.

    Raises:
        MalformedMessageError: `data` is too short or too long.
    """
    if len(data) != message.size_bytes:
        raise MalformedMessageError(
            f"{message.name} has {len(data)} bytes instead of {message.size_bytes}"
        )
    values: dict[str, int | str] = {}
    for field in message.fields:
        size = KIND_BYTES[field.kind]
        values[field.name], data = _value(field, data[:size]), data[size:]
    return values


def _value(field: Field, data: bytes) -> int | str:
    if field.kind == "digest":
        return data.hex()
    if field.kind == "text":
        text = data.split(b"\0")[0].decode("ascii", "replace")
        return "".join(c if c.isprintable() else "?" for c in text)
    return int.from_bytes(data, _LITTLE)


def parse_info(data: bytes) -> DeviceInfo:
    """Return the reply to hello as a value; raises MalformedMessageError."""
    return DeviceInfo(**unpack(wire.INFO, data))  # type: ignore[arg-type] # made from one table


def parse_invocation(data: bytes) -> InvocationReport:
    """Return the reply to invoke as a value; raises MalformedMessageError."""
    return InvocationReport(**unpack(wire.INVOCATION, data))  # type: ignore[arg-type] # as above
