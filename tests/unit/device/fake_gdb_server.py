"""A GDB server with RAM, and with flash that must be erased in blocks before it is written."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

FLASH_START, FLASH_BYTES, BLOCK_BYTES = 0x08000000, 0x4000, 0x400
RAM_START, RAM_BYTES = 0x20000000, 0x2000
MEMORY_MAP = f"""<?xml version="1.0"?>
<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN"
  "http://sourceware.org/gdb/gdb-memory-map.dtd">
<memory-map>
  <memory type="ram" start="{RAM_START:#x}" length="{RAM_BYTES:#x}"/>
  <memory type="flash" start="{FLASH_START:#x}" length="{FLASH_BYTES:#x}">
    <property name="blocksize">{BLOCK_BYTES:#x}</property>
  </memory>
</memory-map>"""


@dataclass
class FakeGdbServer:
    """`refused` maps the start of a request to the answer that it gets instead."""

    refused: Mapping[str, str] = field(default_factory=dict)
    features: str = "PacketSize=100;qXfer:memory-map:read+"
    damaged_answers: int = 0
    memory_map: str = MEMORY_MAP
    console: str = ""
    """What it says before its answer to vFlashDone."""
    floods: bool = False
    """Whether it says that again and again once the core runs."""
    address: str = ""
    requests: list[bytes] = field(default_factory=list)
    flash: bytearray = field(default_factory=lambda: bytearray(b"\0" * FLASH_BYTES))
    ram: bytearray = field(default_factory=lambda: bytearray(RAM_BYTES))
    running: bool = True
    _pending: bytearray | None = None

    def answer(self, body: bytes) -> bytes | None:
        for start, reply in self.refused.items():
            if body.startswith(start.encode()):
                return reply.encode()
        for pattern, method in self._methods().items():
            if match := re.fullmatch(pattern, body, re.DOTALL):
                return method(*match.groups())
        return b""

    def _methods(self) -> dict[bytes, Callable[..., bytes | None]]:
        return {
            rb"qSupported.*": self.features.encode,
            rb"QStartNoAckMode|qRcmd,.*": lambda: b"OK",
            rb"\?": self._stop,
            rb"c": self._run,
            rb"qXfer:memory-map:read::(\w+),(\w+)": self._map,
            rb"m(\w+),(\w+)": self._read,
            rb"M(\w+),(\w+):(\w*)": self._write,
            rb"vFlashErase:(\w+),(\w+)": self._erase,
            rb"vFlashWrite:(\w+):(.*)": self._write_flash,
            rb"vFlashDone": self._finish_flash,
        }

    def _stop(self) -> bytes:
        self.running = False
        return b"T05thread:01;"

    def _run(self) -> None:
        self.running = True

    def _map(self, start: bytes, count: bytes) -> bytes:
        end = int(start, 16) + int(count, 16)
        part = self.memory_map[int(start, 16) : end].encode()
        return (b"l" if end >= len(self.memory_map) else b"m") + part.replace(b"#", b"}\x03")

    def _read(self, start: bytes, count: bytes) -> bytes:
        address = int(start, 16)
        in_ram = address >= RAM_START
        offset = address - (RAM_START if in_ram else FLASH_START)
        return (self.ram if in_ram else self.flash)[offset : offset + int(count, 16)].hex().encode()

    def _write(self, start: bytes, count: bytes, text: bytes) -> bytes:
        data, offset = bytes.fromhex(text.decode()), int(start, 16) - RAM_START
        if not 0 <= offset <= RAM_BYTES - len(data) or len(data) != int(count, 16):
            return b"E01"
        self.ram[offset : offset + len(data)] = data
        return b"OK"

    def _erase(self, start: bytes, count: bytes) -> bytes:
        self._pending = self._pending or bytearray(self.flash)
        offset, length = int(start, 16) - FLASH_START, int(count, 16)
        if offset % BLOCK_BYTES or length % BLOCK_BYTES or not 0 <= offset < FLASH_BYTES:
            return b"E02"
        self._pending[offset : offset + length] = b"\xff" * length
        return b"OK"

    def _write_flash(self, start: bytes, escaped: bytes) -> bytes:
        offset = int(start, 16) - FLASH_START
        data = re.sub(rb"\}(.)", lambda m: bytes([m[1][0] ^ 0x20]), escaped, flags=re.DOTALL)
        pending = self._pending
        if pending is None or pending[offset : offset + len(data)] != b"\xff" * len(data):
            return b"E03"
        pending[offset : offset + len(data)] = data
        return b"OK"

    def _finish_flash(self) -> bytes:
        self.flash, self._pending = self._pending or self.flash, None
        return b"OK"


@contextlib.contextmanager
def serve(fake: FakeGdbServer) -> Iterator[FakeGdbServer]:
    """Let `fake` answer one client at `fake.address`."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        fake.address = f"127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=_talk, args=(fake, server), daemon=True)
        thread.start()
        yield fake
        thread.join(10)
        assert not thread.is_alive()


def _talk(fake: FakeGdbServer, server: socket.socket) -> None:
    line, _ = server.accept()
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer, acknowledges, last = b"", True, b""
    with line, contextlib.suppress(ConnectionError):
        while data := line.recv(4096):
            buffer += data
            while match := re.search(rb"-|\$([^#]*)#(..)", buffer, re.DOTALL):
                buffer = buffer[match.end() :]
                if match[0] != b"-":
                    assert int(match[2], 16) == sum(match[1]) & 0xFF
                    fake.requests.append(match[1])
                    answer = fake.answer(match[1])
                    line.sendall(b"+" if acknowledges else b"")
                    acknowledges = acknowledges and match[1] != b"QStartNoAckMode"
                    if fake.console and match[1] == b"vFlashDone":
                        line.sendall(_packet(b"O" + fake.console.encode().hex().encode()))
                    last = b"" if answer is None else _packet(answer)
                damaged = last and fake.damaged_answers > 0
                fake.damaged_answers -= bool(damaged)
                line.sendall(last.replace(b"#", b"?#") if damaged else last)
                while fake.floods and fake.running:
                    line.sendall(_packet(b"O" + fake.console.encode().hex().encode()) * 1000)


def _packet(body: bytes) -> bytes:
    return b"$" + body + b"#%02x" % (sum(body) & 0xFF)
