"""Packets of the GDB remote serial protocol, to and from bytes.

A packet is `$body#cc`, cc the sum of the body's bytes in hexadecimal. The GDB manual specifies
both in "Remote Protocol: Overview".
"""

from __future__ import annotations

from dataclasses import dataclass

_ESCAPE, _ESCAPE_BIT = ord("}"), 0x20
_MUST_ESCAPE = b"$#}*"
_REPEAT, _REPEAT_BASE = ord("*"), 29
_CHECKSUM_CHARS = 2
MOST_PENDING_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, decoded; `is_sound` tells whether its checksum was right."""

    body: bytes
    is_sound: bool


def escape(data: bytes) -> bytes:
    """Return binary `data` as it may stand in a packet."""
    escaped = bytearray()
    for byte in data:
        escaped += bytes((_ESCAPE, byte ^ _ESCAPE_BIT) if byte in _MUST_ESCAPE else (byte,))
    return bytes(escaped)


def encode_packet(body: bytes) -> bytes:
    """Return `body`, in which binary parts are escaped already, as it goes over the line."""
    return b"$%b#%02x" % (body, sum(body) & 0xFF)


def take_packet(buffer: bytearray) -> Packet | None:
    """Remove the first packet, and what stands before it, from `buffer`; None: it isn't whole.

    What stands between packets are acknowledgements, and notifications (`%…#cc`), which nobody
    asked for.
    """
    while True:
        starts = [at for at in (buffer.find(b"$"), buffer.find(b"%")) if at >= 0]
        if not starts:
            buffer.clear()
            return None
        del buffer[: min(starts)]
        body, mark, rest = buffer.partition(b"#")
        if not mark or len(rest) < _CHECKSUM_CHARS:
            return None
        del buffer[: len(body) + 1 + _CHECKSUM_CHARS]
        if body[:1] == b"$":
            sound = rest[:_CHECKSUM_CHARS].lower() == b"%02x" % (sum(body[1:]) & 0xFF)
            return Packet(_expand(bytes(body[1:])), sound)


def _expand(body: bytes) -> bytes:
    """Undo escapes and run lengths (`0*"`: four times 0)."""
    data, at = bytearray(), 0
    while at < len(body):
        byte, following = body[at], body[at + 1 : at + 2]
        if byte == _ESCAPE and following:
            data.append(following[0] ^ _ESCAPE_BIT)
        elif byte == _REPEAT and following and data:
            data += data[-1:] * max(0, following[0] - _REPEAT_BASE)
        else:
            data.append(byte)
            at -= 1
        at += 2
    return bytes(data)
