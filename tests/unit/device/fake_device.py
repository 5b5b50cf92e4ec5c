"""A device at the other end of a real socket, which misbehaves as told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import serial

from tinydeploy.codegen import wire
from tinydeploy.device.protocol import Frame, decode_frame, encode_frame

BANNER = b"\0\r\ntinydeploy kws on host, protocol 2, firmware 00\r\n\0"
Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def fake_device(behaviour: Behaviour) -> Iterator[serial.Serial]:
    """Run `behaviour` with the device's end of the line; yield the host's end."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = serial.serial_for_url(f"socket://127.0.0.1:{server.getsockname()[1]}")
        line, _ = server.accept()

    def run() -> None:
        with contextlib.suppress(OSError):
            behaviour(line)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield port
    finally:
        ours: socket.socket = port._socket  # type: ignore[attr-defined]
        ours.close()
        port.is_open = False
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        line.close()


def requests(line: socket.socket) -> Iterator[Frame]:
    """Yield the requests that arrive; damaged ones are skipped."""
    buffer = b""
    while data := line.recv(4096):
        buffer += data
        while b"\0" in buffer:
            chunk, _, buffer = buffer.partition(b"\0")
            frame = decode_frame(chunk)
            if frame is not None:
                yield frame


def reply_to(request: Frame, payload: bytes = b"", status: int = wire.Status.OK) -> bytes:
    answer = Frame(
        request.type | wire.REPLY_BIT, request.session, request.sequence, bytes([status]) + payload
    )
    return encode_frame(answer)
