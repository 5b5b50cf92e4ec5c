"""`tinydeploy monitor` and `devices` as a user runs them; the line is a pseudo-terminal."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.boards import board_file
from tests.support.command_line import COMMAND, assert_refused, environment, tinydeploy
from tinydeploy.codegen.wire import REPLY_BIT, Request
from tinydeploy.device.protocol import Frame, encode_frame

_PATIENCE_S = 60


@dataclass
class Line:
    """A pseudo-terminal: what is written to `device` arrives at `name`."""

    device: int
    name: str


@pytest.fixture
def line() -> Iterator[Line]:
    controller, port = pty.openpty()
    yield Line(controller, os.ttyname(port))
    os.close(port)
    os.close(controller)


@contextlib.contextmanager
def monitoring(port: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run `tinydeploy monitor` on `port`, listening already."""
    with subprocess.Popen(
        [*COMMAND, "monitor", "--port", port, *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            baud = arguments[-1] if arguments else "115200"
            assert said(process) == f"Listening to {port} at {baud} baud; Ctrl-C ends.\n"
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> str:
    """The next line of its output."""
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], _PATIENCE_S)[0], "it says nothing"
    return process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_monitor_shows_what_comes_in_until_it_is_interrupted(
    line: Line, number: signal.Signals
) -> None:
    with monitoring(line.name, "--baud", "9600") as process:
        os.write(line.device, b"\0\r\nhello\r\n\0")
        assert said(process) == "hello\n"
        os.write(line.device, encode_frame(Frame(Request.INVOKE | REPLY_BIT, 7, 9, b"\0")))
        assert said(process) == "[reply to invoke: done; session 7, number 9]\n"
        os.write(line.device, b"no line end")
        assert said(process) == "no line end\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert (process.returncode, out, err) == (0, "", "")


def test_monitor_says_that_the_line_was_lost() -> None:
    controller, port = pty.openpty()
    name = os.ttyname(port)
    with monitoring(name) as process:
        os.close(port)
        os.close(controller)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert (process.returncode, out) == (10, "")
    assert f"error: the serial line {name} was lost" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        ([], 2, "no port was given"),
        (["--port", "auto"], 2, "--port auto --board ID"),
        (["--port", "auto", "--board", "host"], 2, "host names no USB id"),
        (["--port", "auto", "--board", "mine.toml"], 15, "none has USB id f00d:f00d"),
        (["--port", "/dev/ttyNONE"], 15, "there is no port /dev/ttyNONE"),
        (["--port", "/dev/null", "--baud", "12"], 2, "--baud"),
    ],
)
def test_monitor_that_can_not_work(
    tmp_path: Path, arguments: list[str], exit_code: int, message: str
) -> None:
    board_file(tmp_path, "qemu_cortex_m4", '[usb]\nids = ["f00d:f00d"]')
    assert_refused(tinydeploy("monitor", *arguments, cwd=tmp_path), exit_code, message)


def test_devices_lists_the_ports_of_this_machine(tmp_path: Path) -> None:
    board_file(tmp_path, "qemu_cortex_m4", '[usb]\nids = ["f00d:f00d"]')
    done = tinydeploy("devices", "-b", "mine.toml", "--json", "d.json", cwd=tmp_path)
    assert done.exit_code == 0, done.err
    ports = json.loads((tmp_path / "d.json").read_text())["ports"]
    assert isinstance(ports, list)
    expected = [port["device"] for port in ports] or ["There is no serial port here."]
    assert all(text in done.out for text in expected)
    assert_refused(tinydeploy("devices", "-b", "no.toml", cwd=tmp_path), 6, "no.toml")
