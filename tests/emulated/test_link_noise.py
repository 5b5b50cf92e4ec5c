"""The real firmware, as the host's program, behind a line that damages and loses bytes."""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.dummy import inputs, outputs
from tests.unit.device.fake_device import fake_device
from tinydeploy.boards import load_board
from tinydeploy.codegen.wire import REPLY_BIT, Request, Status
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.protocol import (
    Frame,
    decode_frame,
    encode_frame,
    parse_info,
    request_payload,
)
from tinydeploy.device.serial_link import SerialLink, Timing
from tinydeploy.device.session import Device, open_device

pytestmark = pytest.mark.emulated
Builder = Callable[[str], BuildResult]
Filter = Callable[[bytes], bytes]


@contextlib.contextmanager
def firmware(elf: Path) -> Iterator[socket.socket]:
    """Run the host's firmware; yield our end of its line."""
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen([elf], stdin=theirs.fileno(), stdout=theirs.fileno())
    try:
        yield ours
    finally:
        ours.close()
        process.kill()
        process.wait()


def noisy(elf: Path, damage: Filter) -> Callable[[socket.socket], None]:
    """Pass bytes between the host's line and the firmware, through `damage` both ways."""

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(256):
                sink.sendall(damage(data))

    def behaviour(line: socket.socket) -> None:
        with firmware(elf) as device:
            back = threading.Thread(target=pump, args=(device, line), daemon=True)
            back.start()
            pump(line, device)
            device.shutdown(socket.SHUT_RDWR)
            back.join(5)

    return behaviour


def flip(rng: random.Random) -> Filter:
    def damage(data: bytes) -> bytes:
        changed = bytearray(data)
        for at in range(len(changed)):
            if rng.random() < 0.001:
                changed[at] ^= 1 << rng.randrange(8)
        return bytes(changed)

    return damage


def lose(rng: random.Random) -> Filter:
    return lambda data: bytes(b for b in data if rng.random() > 0.0005)


@pytest.mark.parametrize("kind", [flip, lose])
def test_inferences_are_right_over_a_bad_line(
    built: Builder, kind: Callable[[random.Random], Filter]
) -> None:
    elf = built("host").elf
    with fake_device(noisy(elf, kind(random.Random(1)))) as port:
        link = SerialLink(port, Timing(silence_s=60, first_repeat_s=0.02))
        device = Device(link, parse_info(link.hello()))
        for _ in range(20):
            assert device.invoke(inputs()).outputs == outputs()


def exchange(line: socket.socket, frame: Frame) -> Frame:
    """Send `frame` and return the reply, skipping the banner."""
    line.sendall(encode_frame(frame))
    return next(reply for reply in frames(line) if reply is not None)


def frames(line: socket.socket) -> Iterator[Frame | None]:
    buffer = b""
    while data := line.recv(4096):
        buffer += data
        while b"\0" in buffer:
            chunk, _, buffer = buffer.partition(b"\0")
            yield decode_frame(chunk)


HELLO = Frame(Request.HELLO, 7, 1, b"\x01\x00")


def payloads() -> dict[str, tuple[int, bytes, Status]]:
    read, write = Request.READ_OUTPUT, Request.WRITE_INPUT
    return {
        "unknown request": (0x33, b"", Status.UNKNOWN_REQUEST),
        "short write": (write, b"\0", Status.BAD_LENGTH),
        "long invoke": (Request.INVOKE, bytes(20), Status.BAD_LENGTH),
        "no such input": (write, request_payload(write, 9, 0), Status.BAD_INDEX),
        "beyond input": (write, request_payload(write, 0, 700, tail=b"x"), Status.BAD_RANGE),
        "offset wraps": (
            write,
            request_payload(write, 0, 0xFFFFFFFF, tail=b"xy"),
            Status.BAD_RANGE,
        ),
        "no such output": (read, request_payload(read, 2, 0, 1), Status.BAD_INDEX),
        "output offset": (read, request_payload(read, 0, 0xFFFFFFFF, 1), Status.BAD_RANGE),
        "output count": (read, request_payload(read, 0, 0, 0xFFFF), Status.BAD_RANGE),
        "other inputs": (
            Request.INVOKE,
            request_payload(Request.INVOKE, 0, 1),
            Status.INPUTS_DAMAGED,
        ),
        "no layers yet": (
            Request.READ_LAYERS,
            request_payload(Request.READ_LAYERS, 0, 1),
            Status.NO_LAYERS,
        ),
    }


@pytest.mark.parametrize("case", payloads())
def test_firmware_refuses_bad_requests_and_lives_on(built: Builder, case: str) -> None:
    request, payload, status = payloads()[case]
    with firmware(built("host").elf) as line:
        exchange(line, HELLO)
        reply = exchange(line, Frame(request, 7, 2, payload))
        assert reply == Frame(request | REPLY_BIT, 7, 2, bytes([status]))
        assert exchange(line, Frame(Request.HELLO, 8, 3, b"\x01\x00")).payload[0] == Status.OK


def test_firmware_without_a_session_refuses(built: Builder) -> None:
    with firmware(built("host").elf) as line:
        reply = exchange(line, Frame(Request.INVOKE, 5, 1, bytes(5)))
        assert reply.payload == bytes([Status.NO_SESSION])


def test_repeated_request_is_answered_again_but_not_executed_again(built: Builder) -> None:
    data, control = inputs(loops=1000)
    write = Request.WRITE_INPUT
    with firmware(built("host").elf) as line:
        exchange(line, HELLO)
        exchange(line, Frame(write, 7, 2, request_payload(write, 0, 0, tail=data)))
        exchange(line, Frame(write, 7, 3, request_payload(write, 1, 0, tail=control)))
        crc = zlib.crc32(data + control)
        invoke = Frame(Request.INVOKE, 7, 4, request_payload(Request.INVOKE, 0, crc))
        first, second = exchange(line, invoke), exchange(line, invoke)
    assert first == second  # ticks of a second execution would differ
    assert first.payload[0] == Status.OK


def test_firmware_survives_random_bytes(built: Builder) -> None:
    rng = random.Random(2)
    with firmware(built("host").elf) as line:
        reader = threading.Thread(target=lambda: list(frames(line)), daemon=True)
        reader.start()
        for _ in range(300):
            line.sendall(rng.randbytes(rng.randrange(1, 5000)))
        line.sendall(b"\0")
        line.shutdown(socket.SHUT_WR)
        reader.join(10)
        assert not reader.is_alive()


def test_damaged_request_is_answered_at_once(built: Builder) -> None:
    with firmware(built("host").elf) as line:
        exchange(line, HELLO)
        line.sendall(b"\x05nonsense\0")
        reply = next(frame for frame in frames(line) if frame is not None)
        assert reply == Frame(REPLY_BIT, 7, 0, bytes([Status.BAD_FRAME]))


def test_port_url_of_a_running_firmware(built: Builder) -> None:
    """A device that is already there, named by a pyserial URL."""
    board = load_board("host")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                end = line.fileno()
                subprocess.run([built("host").elf], stdin=end, stdout=end, check=False)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        url = f"socket://127.0.0.1:{server.getsockname()[1]}"
        with open_device(board, built("host"), port=url) as device:
            assert device.invoke(inputs()).outputs == outputs()
        thread.join(5)
