"""A session with a running device: feed the model, let it infer, read what it measured."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tinydeploy.boards import Board
from tinydeploy.codegen import wire
from tinydeploy.codegen.wire import DeviceInfo, InvokeFlag, Request
from tinydeploy.device.emulator import run_emulator
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.ports import open_port
from tinydeploy.device.protocol import (
    MalformedMessageError,
    parse_info,
    parse_invocation,
    request_payload,
)
from tinydeploy.device.serial_link import FirmwareError, SerialLink, Timing
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


class Device:
    """A connected device whose firmware has been identified."""

    def __init__(self, link: SerialLink, info: DeviceInfo) -> None:
        self._link = link
        self.info = info

    def invoke(self, inputs: Sequence[bytes], per_layer: bool = False) -> Invocation:
        """Run one inference; with `per_layer`, `ticks` is the sum of the layers' ticks.

        Raises:
            DeviceError: the device is silent, restarted, refused, or its output was damaged.
        """
        if len(inputs) != self.info.input_count:
            raise InternalError(f"{len(inputs)} inputs for a model of {self.info.input_count}")
        for index, data in enumerate(inputs):
            self._write_input(index, data)
        flags = InvokeFlag.PER_LAYER if per_layer else 0
        payload = request_payload(Request.INVOKE, flags, _crc(inputs))
        data = self._link.request(Request.INVOKE, payload, work_s=_LONGEST_INFERENCE_S)
        report = _parse(parse_invocation, data)
        outputs = tuple(self._read_output(index) for index in range(self.info.output_count))
        if _crc(outputs) != report.outputs_crc:
            raise DeviceError("an output changed between the inference and its reading", "Retry.")
        layer_ticks = self._read_layers() if per_layer else ()
        return Invocation(outputs, report.ticks, report.stack_bytes, layer_ticks)

    def _write_input(self, index: int, data: bytes) -> None:
        step = self.info.payload_bytes
        for offset in range(0, len(data), step):
            part = data[offset : offset + step]
            payload = request_payload(Request.WRITE_INPUT, index, offset, tail=part)
            self._link.request(Request.WRITE_INPUT, payload)

    def _read_output(self, index: int) -> bytes:
        """Read until the device sends less than asked for: the end of the tensor."""
        step = self.info.payload_bytes
        output = bytearray()
        while True:
            payload = request_payload(Request.READ_OUTPUT, index, len(output), step)
            part = self._link.request(Request.READ_OUTPUT, payload)
            output += part
            if len(output) > self.info.arena_bytes or len(part) > step:
                raise DeviceError(f"output {index} is larger than the device's arena")
            if len(part) < step:
                return bytes(output)

    def _read_layers(self) -> tuple[int, ...]:
        step = self.info.payload_bytes // wire.LAYER_TICKS_BYTES
        data = bytearray()
        for first in range(0, self.info.layer_count, step):
            count = min(step, self.info.layer_count - first)
            part = self._link.request(
                Request.READ_LAYERS, request_payload(Request.READ_LAYERS, first, count)
            )
            if len(part) != count * wire.LAYER_TICKS_BYTES:
                raise DeviceError(f"the device sent {len(part)} bytes for {count} layers")
            data += part
        size = wire.LAYER_TICKS_BYTES
        return tuple(
            int.from_bytes(data[at : at + size], "little") for at in range(0, len(data), size)
        )


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
    """Connect to the firmware of `build`: on `port` (any pyserial URL), or on its emulator.

    Raises:
        AbsentError: there is no such port.
        DeviceError: no answer; FirmwareError: an answer of another firmware.
        ToolMissingError: the emulator isn't installed.
    """
    timing = timing or Timing(baud=board.serial.baud)
    if port is not None:
        with open_port(port, board.serial.baud) as line:
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
