"""Requests and replies over a serial line that may lose, damage or invent bytes.

Stop and wait: a request is repeated with the same number until its reply arrives; the device
repeats its last reply instead of doing the work twice. Every wait ends.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import serial

from tinydeploy.codegen import wire
from tinydeploy.codegen.wire import Request, Status
from tinydeploy.device.ports import limit_writing, read_available
from tinydeploy.device.protocol import Frame, decode_frame, encode_frame
from tinydeploy.errors import DeviceError

_BITS_PER_BYTE = 10  # with start and stop bit
_SLOWEST_EMULATED_BYTES_PER_S = 2000
_MOST_QUICK_REPEATS = 16
_MOST_SENDS_OF_A_LONG_FRAME = 4
_LONGEST_CHUNK_BYTES = 16384
_SHOWN_BYTES = 40


class FrameLostError(DeviceError):
    """A long frame was sent several times and came through none of them: shorter ones may."""


class FirmwareError(DeviceError):
    """The device answers, but its firmware faulted, miscounts or is another one.

    The board itself is not to blame: to cycle its power or to take another one would not help.
    """


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the host waits: `silence_s` for a small exchange, plus what the bytes take."""

    silence_s: float = 10.0
    first_repeat_s: float = 1.0
    baud: int = 115200

    def transfer_s(self, count_bytes: int) -> float:
        rate = min(self.baud / _BITS_PER_BYTE, _SLOWEST_EMULATED_BYTES_PER_S)
        return count_bytes / rate


class SerialLink:
    """One session with a device: `request` is all that there is to it.

    `explain_end` is asked when the line breaks or stays silent; it returns what became of the
    emulator, or "" if there is none or it still runs.
    """

    def __init__(
        self,
        port: serial.Serial,
        timing: Timing | None = None,
        explain_end: Callable[[], str] = str,
    ) -> None:
        self._port = port
        self._timing = timing or Timing()
        self._explain_end = explain_end
        self._session = secrets.randbelow(0xFFFF) + 1
        self._sequence = 0
        self._buffer = bytearray()
        self._settled = False  # after hello: another banner means that the device has restarted
        self.was_clean = True
        """Whether the last request got its reply at once."""

    def hello(self) -> bytes:
        """Begin the session; return the device's info, unparsed."""
        self._write(b"\0")  # ends whatever half frame the device may have received before
        info = self.request(Request.HELLO, wire.PROTOCOL_VERSION.to_bytes(2, "little"))
        self._settled = True
        return info

    def request(
        self,
        request: Request,
        payload: bytes = b"",
        work_s: float = 0.0,
        can_be_shorter: bool = False,
    ) -> bytes:
        """Send `request`; return its reply's payload, the status removed.

        `work_s` is how long the device may work on it. Where it could ask for less at a time
        (`can_be_shorter`), it gives up early on a line that damages what is sent.

        Raises:
            FrameLostError: only where it can be shorter.
            DeviceError: no reply in time, a refusal, a restart or a lost line.
            FirmwareError: the firmware reports a fault.
        """
        self._sequence = self._sequence % 0xFFFF + 1
        frame = encode_frame(Frame(request, self._session, self._sequence, payload))
        exchange = _Exchange(self._timing, len(frame), work_s)
        while True:
            if exchange.must_send():
                if can_be_shorter and exchange.sends > _MOST_SENDS_OF_A_LONG_FRAME:
                    raise FrameLostError(f"no {request.name.lower()} gets through")
                self._write(frame)
            reply = self._receive(request, exchange)
            if reply is not None:
                self.was_clean = exchange.sends == 1 and exchange.damaged == 0
                return self._accepted(request, reply)
            if exchange.is_over():
                raise self._silence(request, exchange)

    def _accepted(self, request: Request, payload: bytes) -> bytes:
        status = payload[0]
        if status == Status.OK:
            return payload[1:]
        if status == Status.NO_SESSION:
            raise restarted_error()
        known = {int(s): text for s, text in wire.STATUS_MEANINGS.items()}
        meaning = known.get(status, f"unknown status {status}")
        raise DeviceError(f"the device refused {request.name.lower()}: {meaning}")

    def _receive(self, request: Request, exchange: _Exchange) -> bytes | None:
        """Wait for the next chunk; return the reply's payload if it is the one."""
        chunk = self._next_chunk(exchange)
        if not chunk:
            return None
        frame = decode_frame(chunk)
        if frame is None:
            self._look_at_text(chunk)
            exchange.note_damage(chunk)
        elif frame.type == wire.REPLY_BIT and frame.payload[:1] == bytes([Status.BAD_FRAME]):
            exchange.note_damage(b"")
        elif self._answers(frame, request):
            return frame.payload
        return None

    def _answers(self, frame: Frame, request: Request) -> bool:
        if frame.type != request | wire.REPLY_BIT or not frame.payload:
            return False
        if frame.sequence != self._sequence:
            return False  # a late repetition
        if frame.payload[0] == Status.NO_SESSION and self._settled:
            return True
        return frame.session == self._session

    def _look_at_text(self, chunk: bytes) -> None:
        text = "".join(c for c in chunk.decode("ascii", "replace") if c.isprintable())
        if wire.FAULT_START in text:
            fault = text.partition(wire.FAULT_START)[2]
            raise FirmwareError(
                f"the firmware stopped: {fault}",
                "Look the address up with addr2line in firmware.elf. A stack overflow asks for "
                "a larger memory.stack_bytes in the board file.",
            )
        if self._settled and wire.BANNER_START in text and ", protocol " in text:
            raise restarted_error()

    def _next_chunk(self, exchange: _Exchange) -> bytes:
        """Return the bytes before the next zero byte; b"": none came before it is time to act."""
        while True:
            chunk, zero, rest = self._buffer.partition(b"\0")
            if zero or len(self._buffer) > _LONGEST_CHUNK_BYTES:
                self._buffer = rest
                if chunk:
                    return bytes(chunk)
                continue
            received = self._read(exchange.seconds_to_act())
            if not received or exchange.is_over():  # a flood must not keep us here
                return b""
            exchange.received_bytes += len(received)
            self._buffer += received

    def _silence(self, request: Request, exchange: _Exchange) -> DeviceError:
        end = self._explain_end()
        if end:
            return DeviceError(end)
        name, waited = request.name.lower(), f"{exchange.elapsed_s():.1f} s"
        if exchange.received_bytes == 0:
            return DeviceError(
                f"the device stays silent: no reply to {name} in {waited}",
                "Is the firmware on the board, and is this its port?",
            )
        if exchange.damaged == 0 and self._buffer:
            return DeviceError(
                f"the device sent half a frame ({len(self._buffer)} bytes) and fell silent: "
                f"no reply to {name} in {waited}",
                "Reset the board and check its power and cable.",
            )
        return DeviceError(
            f"the device sent {exchange.received_bytes} bytes that hold no reply to {name} "
            f"in {waited}, for instance {exchange.sample[:_SHOWN_BYTES]!r}",
            "Check the baud rate, and that no other program uses the port.",
        )

    def _read(self, seconds: float) -> bytes:
        try:
            return read_available(self._port, seconds, _LONGEST_CHUNK_BYTES)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _write(self, data: bytes) -> None:
        try:
            seconds = self._timing.silence_s + self._timing.transfer_s(len(data))
            limit_writing(self._port, seconds)
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise self._lost(error) from error

    def _lost(self, error: Exception) -> DeviceError:
        self._look_at_text(bytes(self._buffer))  # the last words of the firmware, perhaps
        return DeviceError(
            self._explain_end() or f"the serial line was lost: {error}",
            "Check the cable, then try again.",
        )


class _Exchange:
    """The clock of one request: when to repeat it, when to give up, what arrived meanwhile."""

    def __init__(self, timing: Timing, sent_bytes: int, work_s: float) -> None:
        self._start = time.monotonic()
        transfer_s = timing.transfer_s(2 * sent_bytes)
        self._end = self._start + timing.silence_s + 4 * transfer_s + work_s
        self._pause_s = timing.first_repeat_s + transfer_s
        self._next_send = self._start
        self._quick_repeats = 0
        self.sends = 0
        self.received_bytes = 0
        self.damaged = 0
        self.sample = b""

    def must_send(self) -> bool:
        now = time.monotonic()
        if now < self._next_send:
            return False
        self.sends += 1
        self._next_send = now + self._pause_s
        self._pause_s *= 2
        return True

    def note_damage(self, chunk: bytes) -> None:
        """Something was damaged on the way: repeat at once, but not for ever."""
        self.damaged += 1
        self.sample = self.sample or chunk
        if self._quick_repeats < _MOST_QUICK_REPEATS:
            self._quick_repeats += 1
            self._next_send = time.monotonic()

    def seconds_to_act(self) -> float:
        return max(0.0, min(self._next_send, self._end) - time.monotonic())

    def is_over(self) -> bool:
        return time.monotonic() >= self._end

    def elapsed_s(self) -> float:
        return time.monotonic() - self._start


def restarted_error() -> DeviceError:
    """Return the error for a device that has forgotten the session."""
    return DeviceError(
        "the device restarted in the middle of the session",
        "Check its power supply; a watchdog or a brown-out resets it, too.",
    )
