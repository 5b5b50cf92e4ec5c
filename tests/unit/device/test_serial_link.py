"""The host against devices that stay silent, talk nonsense, restart or lose bytes."""

from __future__ import annotations

import os
import pty
import socket
import threading
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
import serial
from serial import rfc2217

from tests.unit.device.fake_device import BANNER, fake_device, reply_to, requests
from tinydeploy.codegen.wire import Request, Status
from tinydeploy.device.ports import open_port
from tinydeploy.device.protocol import decode_frame
from tinydeploy.device.serial_link import SerialLink, Timing
from tinydeploy.errors import DeviceError

QUICK = Timing(silence_s=0.6, first_repeat_s=0.1)


def link_to(port: serial.Serial) -> SerialLink:
    return SerialLink(port, QUICK)


def read_for_ever(line: socket.socket) -> None:
    while line.recv(4096):
        pass


def test_silent_device() -> None:
    started = time.monotonic()
    with (
        fake_device(read_for_ever) as port,
        pytest.raises(DeviceError, match="stays silent: no reply to hello") as caught,
    ):
        link_to(port).hello()
    assert caught.value.hint
    assert time.monotonic() - started < 3


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # of pyserial
def test_device_behind_a_telnet_server() -> None:
    """RFC 2217, as ser2net and pyserial's own server speak it: the line's settings travel too.

    A reply as long as a device's first one must come whole before the host gives up.
    """

    def serve(server: socket.socket) -> None:
        line, _ = server.accept()
        answers: Any = SimpleNamespace(write=line.sendall)
        with line, serial.serial_for_url("loop://") as behind:
            manager = rfc2217.PortManager(cast("Any", behind), answers)
            buffer = b""
            while data := line.recv(4096):
                buffer += b"".join(manager.filter(data))
                while b"\0" in buffer:
                    chunk, _, buffer = buffer.partition(b"\0")
                    request = decode_frame(chunk)
                    if request is not None:
                        line.sendall(b"".join(manager.escape(reply_to(request, b"\xff" * 98, 1))))

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        port = open_port(f"rfc2217://127.0.0.1:{server.getsockname()[1]}", 115200)
        with pytest.raises(DeviceError, match="refused"):
            SerialLink(port, Timing(silence_s=5, first_repeat_s=2)).hello()
        port.close()
        thread.join(5)


def test_garbage() -> None:
    def babble(line: socket.socket) -> None:
        while line.recv(4096):
            line.sendall(os.urandom(3000))

    with (
        fake_device(babble) as port,
        pytest.raises(DeviceError, match="bytes that hold no reply to hello"),
    ):
        link_to(port).hello()


@pytest.mark.parametrize("byte", [b"\x55", b"\0"])
def test_endless_garbage_ends_too(byte: bytes) -> None:
    def flood(line: socket.socket) -> None:
        while True:
            line.sendall(byte * 65536)

    # On a busy machine the flood itself can pause for longer than the host waits.
    expected = "hold no reply|fell silent"
    with fake_device(flood) as port, pytest.raises(DeviceError, match=expected):
        link_to(port).hello()


def test_half_a_frame() -> None:
    def stop_in_the_middle(line: socket.socket) -> None:
        for request in requests(line):
            line.sendall(reply_to(request, b"information")[:9])
            break
        read_for_ever(line)

    with (
        fake_device(stop_in_the_middle) as port,
        pytest.raises(DeviceError, match=r"half a frame \(9 bytes\) and fell silent"),
    ):
        link_to(port).hello()


def test_line_that_closes() -> None:
    def hang_up(line: socket.socket) -> None:
        line.recv(1)
        line.shutdown(socket.SHUT_RDWR)

    with fake_device(hang_up) as port, pytest.raises(DeviceError, match="line was lost"):
        link_to(port).hello()


@pytest.mark.parametrize("end", [b"\r\n\0", b""])
def test_last_words_before_the_line_closes_are_heard(end: bytes) -> None:
    def fault_and_end(line: socket.socket) -> None:
        line.recv(1)
        line.sendall(b"\0tinydeploy fault: trap at 0x00000042, detail 0x0" + end)
        line.shutdown(socket.SHUT_RDWR)

    with fake_device(fault_and_end) as port, pytest.raises(DeviceError, match="0x00000042"):
        link_to(port).hello()


def test_restart_is_noticed_by_the_new_banner() -> None:
    def restart_on_invoke(line: socket.socket) -> None:
        line.sendall(BANNER)
        for request in requests(line):
            line.sendall(BANNER if request.type == Request.INVOKE else reply_to(request, b"info"))

    with fake_device(restart_on_invoke) as port:
        link = link_to(port)
        assert link.hello() == b"info"
        with pytest.raises(DeviceError, match="the device restarted"):
            link.request(Request.INVOKE, b"")


def test_restart_is_noticed_by_the_forgotten_session() -> None:
    def forget(line: socket.socket) -> None:
        for request in requests(line):
            known = request.type == Request.HELLO
            line.sendall(reply_to(request, status=Status.OK if known else Status.NO_SESSION))

    with fake_device(forget) as port:
        link = link_to(port)
        link.hello()
        with pytest.raises(DeviceError, match="the device restarted"):
            link.request(Request.READ_OUTPUT, b"")


def test_banner_and_noise_before_the_reply_do_no_harm() -> None:
    def noisy(line: socket.socket) -> None:
        line.sendall(b"\xff\x00\x03boot rom v1\r\n" + BANNER)
        for request in requests(line):
            line.sendall(b"\x07junk\0" + reply_to(request, b"info"))

    with fake_device(noisy) as port:
        assert link_to(port).hello() == b"info"


def test_flipped_bytes_are_asked_for_again() -> None:
    def flip_first(line: socket.socket) -> None:
        seen: set[int] = set()
        for request in requests(line):
            answer = bytearray(reply_to(request, b"a long enough reply"))
            if request.sequence not in seen:
                answer[7] ^= 0x20
            seen.add(request.sequence)
            line.sendall(answer)

    with fake_device(flip_first) as port:
        link = link_to(port)
        link.hello()
        assert link.request(Request.READ_OUTPUT, b"") == b"a long enough reply"


def test_late_and_foreign_replies_are_ignored() -> None:
    def confusing(line: socket.socket) -> None:
        last = b""
        for request in requests(line):
            answer = reply_to(request, bytes([request.sequence]))
            line.sendall(last + answer + answer)
            last = answer

    with fake_device(confusing) as port:
        link = link_to(port)
        assert [link.hello(), *(link.request(Request.INVOKE, b"") for _ in range(5))] == [
            bytes([n]) for n in range(1, 7)
        ]


@pytest.mark.parametrize("status", [Status.BAD_RANGE, Status.INPUTS_DAMAGED, 200])
def test_refusal_is_explained(status: int) -> None:
    def refuse(line: socket.socket) -> None:
        for request in requests(line):
            line.sendall(reply_to(request, status=status))

    with fake_device(refuse) as port, pytest.raises(DeviceError, match="refused hello: "):
        link_to(port).hello()


def test_fault_message_of_the_firmware_is_passed_on() -> None:
    def fault(line: socket.socket) -> None:
        line.recv(1)
        line.sendall(b"\0tinydeploy fault: processor fault at 0x00000123, detail 0x0\r\n\0")
        read_for_ever(line)

    with (
        fake_device(fault) as port,
        pytest.raises(DeviceError, match="the firmware stopped: processor fault at 0x00000123"),
    ):
        link_to(port).hello()


def test_a_pseudo_terminal_whose_other_side_closes() -> None:
    ours, theirs = pty.openpty()
    with serial.Serial(os.ttyname(theirs), timeout=1) as port:
        os.close(theirs)
        os.close(ours)
        with pytest.raises(DeviceError, match="line was lost"):
            link_to(port).hello()
