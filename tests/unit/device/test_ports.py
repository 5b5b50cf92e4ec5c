"""Ports that can't be opened: what is said, and what to do next."""

from __future__ import annotations

import os
import pty
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tinydeploy.device.ports import open_port, require_port
from tinydeploy.errors import AbsentError, DeviceError

NOBODY = 65534
LOCK_PORT = """
import serial, sys, time
line = serial.Serial(sys.argv[1], exclusive=True)
print("open", flush=True)
time.sleep(60)
"""


@pytest.fixture
def port() -> Iterator[Path]:
    controller, device = pty.openpty()
    yield Path(os.ttyname(device))
    os.close(controller)
    os.close(device)


def test_a_port_that_is_not_there(tmp_path: Path) -> None:
    missing = str(tmp_path / "ttyNONE")
    with pytest.raises(AbsentError, match="ttyNONE"):
        open_port(missing, 115200)
    with pytest.raises(AbsentError, match="ttyNONE"):
        require_port(missing)


def test_no_port_matches_the_usb_id() -> None:
    with pytest.raises(AbsentError, match="hwgrep://f00d:f00d"):
        open_port("hwgrep://f00d:f00d", 115200)


def test_nobody_listens_at_the_socket() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        number = unused.getsockname()[1]
    with pytest.raises(AbsentError, match=f"nobody answers at socket://127.0.0.1:{number}"):
        open_port(f"socket://127.0.0.1:{number}", 115200)


def test_an_unknown_kind_of_port() -> None:
    with pytest.raises(DeviceError, match="carrier-pigeon"):
        open_port("carrier-pigeon://x", 115200)


def test_a_port_that_belongs_to_a_group(port: Path) -> None:
    port.chmod(0o000)
    is_root = os.geteuid() == 0
    try:
        if is_root:  # who may open everything, until it is somebody else
            shutil.chown(port, group="dialout")
            os.seteuid(NOBODY)
        with pytest.raises(DeviceError, match="permission denied") as caught:
            open_port(str(port), 115200)
    finally:
        if is_root:
            os.seteuid(0)
    # Of somebody else's pseudo-terminal nobody but the system chooses the group.
    group = "dialout" if is_root else port.group()
    assert ("administrator" if group == "root" else f"usermod -aG {group} ") in caught.value.hint


def test_a_port_that_another_program_has_locked(port: Path) -> None:
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            LOCK_PORT,
            str(port),
        ],
        stdout=subprocess.PIPE,
    )
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"open\n"
        with pytest.raises(DeviceError, match=rf"in use by \S+ \(process {holder.pid}\)"):
            open_port(str(port), 115200)
    finally:
        holder.kill()
        holder.communicate()
    open_port(str(port), 115200).close()
