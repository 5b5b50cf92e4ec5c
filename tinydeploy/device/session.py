"""A session with a running device: feed the model, let it infer, read what it measured."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tinydeploy.boards import Board
from tinydeploy.codegen import wire
from tinydeploy.codegen.wire import DeviceInfo, InvokeFlag, Request
from tinydeploy.device.chunks import ChunkSize
from tinydeploy.device.emulator import run_emulator
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.ports import open_port
from tinydeploy.device.protocol import (
    MalformedMessageError,
    parse_info,
    parse_invocation,
    request_payload,
    unpack,
)
from tinydeploy.device.serial_link import FirmwareError, FrameLostError, SerialLink, Timing
from tinydeploy.device.usb import resolve_port
from tinydeploy.errors import DeviceError, InternalError

_LONGEST_INFERENCE_S = 120.0
_LEAST_PAYLOAD_BYTES = 16
Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Invocation:
    """One inference: its outputs' bytes and what the device measured meanwhile."""

    outputs: tuple[bytes, ...]
    ticks: int
    stack_bytes: int
    layer_ticks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Spin:
    """A loop on the device: ticks of its counter, and seconds until this computer knew of its end.

    Where the exchange was not clean, the latter tell nothing.
    """

    ticks: int
    host_s: float
    was_clean: bool


class Device:
    """A connected device whose firmware has been identified."""

    def __init__(self, link: SerialLink, info: DeviceInfo) -> None:
        self._link = link
        self._chunk = ChunkSize(info.payload_bytes)
        self.info = info

    def invoke(self, inputs: Sequence[bytes], per_layer: bool = False) -> Invocation:
        """Run one inference; with `per_layer`, `ticks` is the sum of the layers' ticks.

        Raises:
            DeviceError: the device is silent, restarted, refused, or its output was damaged.
        """
        if len(inputs) != self.info.input_count:
            raise InternalError(f"{len(inputs)} inputs for a model of {self.info.input_count}")
        self.write_inputs(inputs)
        flags = InvokeFlag.PER_LAYER if per_layer else 0
        payload = request_payload(Request.INVOKE, flags, _crc(inputs))
        data = self._link.request(Request.INVOKE, payload, work_s=_LONGEST_INFERENCE_S)
        report = _parse(parse_invocation, data)
        outputs = tuple(self._read_output(index) for index in range(self.info.output_count))
        if _crc(outputs) != report.outputs_crc:
            raise DeviceError("an output changed between the inference and its reading", "Retry.")
        layer_ticks = self._read_layers() if per_layer else ()
        return Invocation(outputs, report.ticks, report.stack_bytes, layer_ticks)

    def write_inputs(self, inputs: Sequence[bytes]) -> None:
        """Put every input where the model reads it."""
        for index, data in enumerate(inputs):
            offset = 0
            while offset < len(data):
                offset += len(self._write_part(index, offset, data))

    def _write_part(self, index: int, offset: int, data: bytes) -> bytes:
        def payload(count: int) -> bytes:
            tail = data[offset : offset + count]
            return request_payload(Request.WRITE_INPUT, index, offset, tail=tail)

        count, _ = self._transfer(Request.WRITE_INPUT, payload)
        return data[offset : offset + count]

    def _transfer(self, request: Request, payload_of: Callable[[int], bytes]) -> tuple[int, bytes]:
        """Ask for as many bytes at once as get through; return how many that were, and the reply.

        `payload_of` makes the request for a number of bytes.
        """
        while True:
            count, can_shrink = self._chunk.bytes, self._chunk.can_shrink
            try:
                reply = self._link.request(request, payload_of(count), can_be_shorter=can_shrink)
            except FrameLostError:
                self._chunk.shrink()
                continue
            self._chunk.passed()
            return count, reply

    def run_layer(self, layer: int) -> None:
        """Run one layer on the arena as it stands."""
        payload = request_payload(Request.RUN_LAYER, layer)
        self._link.request(Request.RUN_LAYER, payload, work_s=_LONGEST_INFERENCE_S)

    def arena_crc(self, offset: int, count: int) -> int:
        """Return the CRC-32 of `count` bytes of the arena."""
        payload = request_payload(Request.ARENA_CRC, offset, count)
        data = self._link.request(Request.ARENA_CRC, payload)
        return int(_parse(lambda reply: unpack(wire.CRC, reply), data)["crc"])

    def read_arena(self, offset: int, count: int) -> bytes:
        """Return `count` bytes of the arena."""
        found = bytearray()
        while len(found) < count:
            rest = count - len(found)

            def payload(most: int, done: int = len(found), rest: int = rest) -> bytes:
                return request_payload(Request.READ_ARENA, offset + done, min(most, rest))

            asked, part = self._transfer(Request.READ_ARENA, payload)
            if len(part) != min(asked, rest):
                raise DeviceError(f"the device sent {len(part)} bytes instead of {asked}")
            found += part
        return bytes(found)

    def spin(self, loops: int) -> Spin:
        """Run a loop of two instructions `loops` times."""
        payload = request_payload(Request.SPIN, loops)
        started = time.perf_counter()
        data = self._link.request(Request.SPIN, payload, work_s=_LONGEST_INFERENCE_S)
        host_s = time.perf_counter() - started
        ticks = int(_parse(lambda reply: unpack(wire.TICKS, reply), data)["ticks"])
        return Spin(ticks, host_s, self._link.was_clean)

    def _read_output(self, index: int) -> bytes:
        """Read until the device sends less than asked for: the end of the tensor."""
        output = bytearray()
        while True:

            def payload(count: int, done: int = len(output)) -> bytes:
                return request_payload(Request.READ_OUTPUT, index, done, count)

            asked, part = self._transfer(Request.READ_OUTPUT, payload)
            output += part
            if len(output) > self.info.arena_bytes or len(part) > asked:
                raise DeviceError(f"output {index} is larger than the device's arena")
            if len(part) < asked:
                return bytes(output)

    def _read_layers(self) -> tuple[int, ...]:
        size = wire.LAYER_TICKS_BYTES
        ticks: list[int] = []
        while len(ticks) < self.info.layer_count:
            rest = self.info.layer_count - len(ticks)

            def payload(most_bytes: int, done: int = len(ticks), rest: int = rest) -> bytes:
                return request_payload(Request.READ_LAYERS, done, min(most_bytes // size, rest))

            asked_bytes, part = self._transfer(Request.READ_LAYERS, payload)
            count = min(asked_bytes // size, rest)
            if len(part) != count * size:
                raise DeviceError(f"the device sent {len(part)} bytes for {count} layers")
            ticks += [
                int.from_bytes(part[at : at + size], "little") for at in range(0, len(part), size)
            ]
        return tuple(ticks)


def _crc(parts: Sequence[bytes]) -> int:
    crc = 0
    for part in parts:
        crc = zlib.crc32(part, crc)
    return crc


def _parse(parser: Callable[[bytes], Report], data: bytes) -> Report:
    try:
        return parser(data)
    except MalformedMessageError as error:
        raise DeviceError(f"the device's reply is malformed: {error}") from error


@contextlib.contextmanager
def open_device(
    board: Board,
    build: BuildResult,
    port: str | None = None,
    timing: Timing | None = None,
    emulator_arguments: Sequence[str] = (),
) -> Iterator[Device]:
    """Connect to the firmware of `build`: on `port` (any pyserial URL, or auto), or its emulator.

    Raises:
        UsageError: the port is auto, and it can't be told which one that is.
        AbsentError: there is no such port.
        DeviceError: no answer; FirmwareError: an answer of another firmware.
        ToolMissingError: the emulator isn't installed.
    """
    timing = timing or Timing(baud=board.serial.baud)
    if port is not None:
        with open_port(resolve_port(port, board), board.serial.baud) as line:
            yield _greet(SerialLink(line, timing), board, build)
    elif board.emulator is not None:
        with run_emulator(board, build.elf, emulator_arguments) as emulator:
            link = SerialLink(emulator.port, timing, emulator.explain_end)
            yield _greet(link, board, build)
    else:
        raise DeviceError(
            f"{board.id} has no emulator, and no port was named", "Name the board's serial port."
        )


def _greet(link: SerialLink, board: Board, build: BuildResult) -> Device:
    info = _parse(parse_info, link.hello())
    expected = {
        "protocol version": (info.protocol_version, wire.PROTOCOL_VERSION),
        "board": (info.board, board.id),
        "firmware": (info.firmware_digest, build.digest),
        "counter frequency": (info.counter_hz, board.counter.hz),
    }
    for what, (reported, built) in expected.items():
        if reported != built:
            raise FirmwareError(
                f"the device runs another image: its {what} is {reported}, not {built}",
                "Flash the new firmware, then try again.",
            )
    if info.payload_bytes < _LEAST_PAYLOAD_BYTES:
        raise DeviceError(f"the device accepts only {info.payload_bytes} bytes in a frame")
    return Device(link, info)
