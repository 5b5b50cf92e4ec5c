"""The C header of the serial line's messages, made from the one table of them."""

from __future__ import annotations

from tinydeploy.codegen import wire
from tinydeploy.codegen.jinja import render


def wire_header() -> str:
    """Return tdrt_wire.h: the messages of wire.py for the firmware."""
    placed = [
        {
            "name": message.name,
            "fields": message.fields,
            "size_bytes": message.size_bytes,
            "placed_fields": _placed(message),
        }
        for message in wire.REQUESTS
    ]
    return render(
        "runtime/tdrt_wire.h.j2",
        version=wire.PROTOCOL_VERSION,
        banner_start=wire.BANNER_START,
        fault_start=wire.FAULT_START,
        header_bytes=wire.HEADER.size_bytes,
        crc_bytes=wire.CRC_BYTES,
        reply_bit=wire.REPLY_BIT,
        layer_ticks_bytes=wire.LAYER_TICKS_BYTES,
        requests=tuple(wire.Request),
        statuses=tuple(wire.Status),
        meanings=wire.STATUS_MEANINGS,
        flags=tuple(wire.InvokeFlag),
        sizes=wire.KIND_BYTES,
        c_types=_C_TYPES,
        replies=wire.REPLIES,
        requests_fields=placed,
    )


_C_TYPES: dict[wire.Kind, str] = {
    "u8": "uint8_t ",
    "u16": "uint16_t ",
    "u32": "uint32_t ",
    "u64": "uint64_t ",
    "digest": "const char *",
    "text": "const char *",
}


def _placed(message: wire.Message) -> list[tuple[wire.Field, int]]:
    offsets = [0]
    for field in message.fields:
        offsets.append(offsets[-1] + wire.KIND_BYTES[field.kind])
    return list(zip(message.fields, offsets, strict=False))
