"""A client of any GDB server: OpenOCD, pyOCD, J-Link, QEMU, a probe with a server of its own.

Only what loading a program needs: memory, flash, the server's own commands, and to let it run.
Packets are described in the GDB manual, "Packets" and "General Query Packets".
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

import serial

from tinydeploy.device.gdb_memory_map import FlashRegion, MemoryMapError, parse_memory_map
from tinydeploy.device.gdb_packets import (
    MOST_PENDING_BYTES,
    encode_packet,
    escape,
    take_packet,
)
from tinydeploy.device.ports import limit_writing, open_port, read_available
from tinydeploy.errors import DeviceError
from tinydeploy.ir.text import printable

_ANSWER_S = 10.0
_FLASH_S = 180.0  # a mass erase, or all the writing when it is done at the end
_STOP_S = 0.3
_BAUD = 115200  # of a probe whose server is a serial port; USB ones ignore it
_LEAST_PACKET_BYTES, _DEFAULT_PACKET_BYTES, _MOST_PACKET_BYTES = 64, 400, 16384
_OVERHEAD_BYTES = 40  # of a packet that writes: its name, address, length, checksum
_MOST_SENDS = 3
_MOST_MAP_BYTES = 1 << 16
_SHOWN_CHARS = 300
_TCP = re.compile(r"(?P<host>[\w.-]*|\[[0-9A-Fa-f:]+\]):(?P<port>\d{1,5})")
_STOPPED = re.compile(rb"[ST][0-9a-fA-F]{2}.*", re.DOTALL)
_CONSOLE = re.compile(rb"O(?:[0-9a-fA-F]{2})+")


def server_url(server: str) -> str:
    """Return `server` for pyserial: HOST:PORT is a TCP socket, all else stays as it is."""
    tcp = _TCP.fullmatch(server)
    return f"socket://{tcp['host'] or 'localhost'}:{tcp['port']}" if tcp else server


@contextmanager
def connect(server: str) -> Iterator[GdbRemote]:
    """Connect to the GDB server `server` (HOST:PORT, or a port of pyserial); the core stops.

    Raises:
        AbsentError: nobody listens there.
        DeviceError: what answers is no GDB server.
    """
    with open_port(server_url(server), _BAUD) as line:
        remote = GdbRemote(line, server)
        remote.start()
        yield remote


class GdbRemote:
    """One connection; every method raises DeviceError when the server refuses or falls silent."""

    def __init__(self, line: serial.Serial, name: str) -> None:
        self._line = line
        self._name = name
        self._buffer = bytearray()
        self._acknowledges = True
        self._features: frozenset[str] = frozenset()
        self._console = ""
        self.packet_bytes = _DEFAULT_PACKET_BYTES

    def start(self) -> None:
        """Agree on what both sides know."""
        self._send(b"+")  # a server may still wait for the last client's
        answer = self._request(b"qSupported:qXfer:memory-map:read+")
        self._features = frozenset(answer.decode("ascii", "replace").split(";"))
        for feature in self._features:
            if found := re.fullmatch(r"PacketSize=([0-9a-fA-F]{1,8})", feature):
                size = min(int(found[1], 16), _MOST_PACKET_BYTES)
                self.packet_bytes = max(size, _LEAST_PACKET_BYTES)
        # A socket loses nothing; a wire may.
        is_socket = server_url(self._name).startswith("socket://")
        if is_socket and "QStartNoAckMode+" in self._features:
            self._expect_ok(b"QStartNoAckMode")
            self._acknowledges = False
        if not self._request(b"?"):
            raise self._refusal(b"?", b"")

    def flash_regions(self) -> tuple[FlashRegion, ...]:
        """Return what the server knows to be flash; (): it treats all memory alike."""
        if "qXfer:memory-map:read+" not in self._features:
            return ()
        text, most = b"", self.packet_bytes - _OVERHEAD_BYTES
        while len(text) < _MOST_MAP_BYTES:
            request = b"qXfer:memory-map:read::%x,%x" % (len(text), most)
            answer = self._request(request)
            if answer[:1] not in {b"l", b"m"} or answer == b"m":
                raise self._refusal(request, answer)
            text += answer[1:]
            if answer[:1] == b"l":
                break
        try:
            return parse_memory_map(text)
        except MemoryMapError as error:
            raise DeviceError(f"the memory map of {self._name} can't be used: {error}") from error

    def erase_flash(self, address: int, count: int) -> None:
        """Erase whole blocks."""
        self._expect_ok(b"vFlashErase:%x,%x" % (address, count), _FLASH_S)

    def write_flash(self, address: int, data: bytes) -> None:
        """Write to flash that was erased."""
        for offset, part in _parts(data, (self.packet_bytes - _OVERHEAD_BYTES) // 2):
            self._expect_ok(b"vFlashWrite:%x:%b" % (address + offset, escape(part)), _FLASH_S)

    def finish_flash(self) -> None:
        """Wait until all that was erased and written is in the flash."""
        self._expect_ok(b"vFlashDone", _FLASH_S)

    def write_memory(self, address: int, data: bytes) -> None:
        """Write to RAM."""
        for offset, part in _parts(data, (self.packet_bytes - _OVERHEAD_BYTES) // 2):
            self._expect_ok(b"M%x,%x:%b" % (address + offset, len(part), part.hex().encode()))

    def read_memory(self, address: int, count: int) -> bytes:
        """Return `count` bytes; servers may send fewer at a time."""
        data, most = bytearray(), (self.packet_bytes - _OVERHEAD_BYTES) // 2
        while len(data) < count:
            asked = min(most, count - len(data))
            request = b"m%x,%x" % (address + len(data), asked)
            answer = self._request(request)
            part = _from_hex(answer)
            if not part or len(part) > asked:
                raise self._refusal(request, answer)
            data += part
        return bytes(data)

    def monitor(self, command: str) -> None:
        """Let the server do a command of its own, as `monitor` in GDB."""
        request = b"qRcmd," + command.encode().hex().encode()
        answer = self._request(request, _FLASH_S)
        # Output may come as console packets before OK, or as the answer itself.
        if answer != b"OK" and not _from_hex(answer):
            raise self._refusal(f"monitor {command}".encode(), answer)

    def resume(self) -> None:
        """Let the core run; an answer to that means that it has stopped already."""
        self._console = ""
        self._send(encode_packet(b"c"))
        answer = self._receive(time.monotonic() + _STOP_S)
        if answer is not None:
            raise self._refusal(b"continue", answer)

    # --- packets there and back ------------------------------------------------------------

    def _expect_ok(self, request: bytes, seconds: float = _ANSWER_S) -> None:
        answer = self._request(request, seconds)
        if answer != b"OK":
            raise self._refusal(request, answer)

    def _request(self, body: bytes, seconds: float = _ANSWER_S) -> bytes:
        """Send a packet and return the answer to it; console output on the way is kept."""
        self._console = ""
        self._send(encode_packet(body))
        end = time.monotonic() + seconds
        answer = self._receive(end)
        # A core that ran until we came is reported as stopped, though nobody asked.
        while answer is not None and body != b"?" and _STOPPED.fullmatch(answer):
            answer = self._receive(end)
        if answer is None:
            raise DeviceError(
                f"{self._name} doesn't answer {_shown(body)} as a GDB server would",
                "Is a GDB server running there, and no debugger connected to it?",
            )
        return answer

    def _receive(self, end: float) -> bytes | None:
        """Return the next packet that is no console output; None: it didn't come before `end`.

        `end` is a time of time.monotonic(); a flood of packets must not keep us beyond it.
        """
        damaged = 0
        while (left_s := end - time.monotonic()) > 0:
            packet = take_packet(self._buffer)
            if packet is None:
                received = self._read(left_s)
                if not received or len(self._buffer) > MOST_PENDING_BYTES:
                    return None
                self._buffer += received
            elif not packet.is_sound:
                damaged += 1
                if not self._acknowledges or damaged > _MOST_SENDS:
                    raise DeviceError(f"{self._name} sends damaged packets", "Check the cable.")
                self._send(b"-")
            else:
                if self._acknowledges:
                    self._send(b"+")
                if not _CONSOLE.fullmatch(packet.body):
                    return packet.body
                said = bytes.fromhex(packet.body[1:].decode()).decode("utf-8", "replace")
                self._console = (self._console + said)[-_SHOWN_CHARS:]
        return None

    def _refusal(self, request: bytes, answer: bytes) -> DeviceError:
        said = _shown(answer) if answer else "that it doesn't know this"
        console = f": {printable(self._console.strip())}" if self._console else ""
        return DeviceError(
            f"the GDB server {self._name} answered {_shown(request)} with {said}{console}",
            "Its own log may say more. Is this the server of that board?",
        )

    def _read(self, seconds: float) -> bytes:
        try:
            return read_available(self._line, seconds, _MOST_PACKET_BYTES)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _send(self, data: bytes) -> None:
        try:
            limit_writing(self._line, _ANSWER_S)
            self._line.write(data)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> DeviceError:
        return DeviceError(
            f"the connection to the GDB server {self._name} was lost: {error}",
            "Does the server still run? Its log may say why it ended.",
        )


def _parts(data: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    for offset in range(0, len(data), size):
        yield offset, data[offset : offset + size]


def _from_hex(text: bytes) -> bytes | None:
    try:
        return bytes.fromhex(text.decode("ascii"))
    except ValueError:
        return None


def _shown(body: bytes) -> str:
    """The readable start of a packet, for messages."""
    text = re.match(rb"[ -~]*", body)
    return repr((text[0] if text else b"")[:40].decode())
