"""What a device sends, made readable: its text as it is, frames as one line each."""

from __future__ import annotations

import codecs
import re

from tinydeploy.codegen.wire import REPLY_BIT, STATUS_MEANINGS, Request
from tinydeploy.device.protocol import Frame, decode_frame

_LONGEST_CHUNK_BYTES = 16384
_LINES = re.compile(rb"[^\n]*\n")


class StreamReader:
    """Takes bytes as they come in, gives back lines to show, without their line ends.

    Text must not wait for the zero byte that ends a frame: whole lines are given at once, and the
    start of a line (a prompt) by `rest`, when nothing has followed for a while.
    """

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[str]:
        """Return what became readable by `data`."""
        self._buffer += data
        *chunks, self._buffer = self._buffer.split(b"\0")
        shown = [line for chunk in chunks for line in _chunk_lines(chunk)]
        if _is_text(self._buffer):
            for line in _LINES.findall(self._buffer):
                shown += _chunk_lines(line)
            self._buffer = self._buffer.rpartition(b"\n")[2]
        if len(self._buffer) > _LONGEST_CHUNK_BYTES:
            shown += self.rest(everything=True)
        return shown

    def rest(self, everything: bool = False) -> list[str]:
        """Return the text that waits for its line end; half a frame only with `everything`."""
        if not everything and not _is_text(self._buffer):
            return []
        chunk, self._buffer = self._buffer, b""
        return _chunk_lines(chunk)


def _is_text(data: bytes) -> bool:
    """Whether `data` is the start of a text. No start of a frame is: its type is no character."""
    try:
        text = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return False
    return all(c.isprintable() or c in "\t\r\n\x1b" for c in text)


def _chunk_lines(chunk: bytes) -> list[str]:
    frame = decode_frame(chunk) if chunk else None
    if frame is not None:
        return [f"[{summary(frame)}]"]
    lines = chunk.decode("utf-8", "backslashreplace").replace("\r", "").split("\n")
    return ["".join(map(_visible, line)) for line in lines if line]


def _visible(character: str) -> str:
    """A terminal must not obey what a device sends by accident."""
    if character.isprintable() or character == "\t":
        return character
    return character.encode("unicode_escape").decode("ascii")


def summary(frame: Frame) -> str:
    """Say in a few words what `frame` is."""
    names = {int(request): request.name.lower() for request in Request} | {0: "anything"}
    asked = frame.type & ~REPLY_BIT
    name = names.get(asked, f"type {asked:#04x}")
    session = f"session {frame.session}, number {frame.sequence}"
    if not frame.type & REPLY_BIT:
        return f"{name}: {session}, {len(frame.payload)} bytes"
    status, rest = frame.payload[:1], len(frame.payload[1:])
    known = {int(s): text for s, text in STATUS_MEANINGS.items()}
    meaning = known.get(status[0], f"unknown status {status[0]}") if status else "no status"
    tail = f", {rest} bytes" if rest else ""
    return f"reply to {name}: {meaning}; {session}{tail}"
