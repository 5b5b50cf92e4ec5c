"""Ports of boards, told apart by USB id and serial number."""

from __future__ import annotations

import dataclasses
import os
import pty
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from tinydeploy.boards import Usb, load_board
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.session import open_device
from tinydeploy.device.usb import AUTO, find_port, resolve_port, serial_ports
from tinydeploy.errors import AbsentError, UsageError
from tinydeploy.report.devices import devices_report

PLAIN = load_board("qemu_cortex_m4")
BOARD = dataclasses.replace(PLAIN, id="mine", usb=Usb(("0483:374b", "0483:3752")))
TWIN = dataclasses.replace(BOARD, id="twin")
OTHER = dataclasses.replace(PLAIN, id="other", usb=Usb(("1366:0105",)))
Plug = Callable[..., None]


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Plug:
    """Plugs in ports: (device, USB id, serial number)."""

    def plug_in(*ports: tuple[str, str, str | None]) -> None:
        infos = []
        for device, usb_id, serial_number in ports:
            info = ListPortInfo(device)
            info.device = device
            if usb_id:
                info.vid, info.pid = (int(part, 16) for part in usb_id.split(":"))
            info.serial_number = serial_number
            infos.append(info)
        monkeypatch.setattr(list_ports, "comports", lambda: infos)

    plug_in()
    return plug_in


def test_ports_are_listed_with_every_board_that_they_may_be(plug: Plug) -> None:
    plug(("/dev/ttyS0", "", None), ("/dev/ttyACM0", "0483:374b", "066DFF"))
    assert devices_report(serial_ports(), (PLAIN, BOARD, TWIN, OTHER)) == {
        "ports": [
            {
                "device": "/dev/ttyACM0",
                "usb_id": "0483:374b",
                "serial_number": "066DFF",
                "description": "",
                "boards": ["mine", "twin"],
            },
            {
                "device": "/dev/ttyS0",
                "usb_id": "",
                "serial_number": "",
                "description": "",
                "boards": [],
            },
        ]
    }


def test_the_only_port_that_fits_is_found(plug: Plug) -> None:
    plug(("/dev/ttyACM0", "1366:0105", "7"), ("/dev/ttyACM1", "0483:3752", "8"))
    assert find_port(BOARD) == "/dev/ttyACM1"
    assert find_port(OTHER) == "/dev/ttyACM0"


def test_two_boards_of_one_kind_are_both_named_and_the_probe_chooses(plug: Plug) -> None:
    plug(("/dev/ttyACM0", "0483:374b", "066A"), ("/dev/ttyACM1", "0483:374b", "066B"))
    with pytest.raises(UsageError) as caught:
        find_port(BOARD)
    assert caught.value.message == (
        "2 ports here may be mine: /dev/ttyACM0 (0483:374b, serial number 066A) "
        "and /dev/ttyACM1 (0483:374b, serial number 066B)"
    )
    assert find_port(BOARD, "066B") == "/dev/ttyACM1"
    with pytest.raises(AbsentError, match="serial number 066C") as absent:
        find_port(BOARD, "066C")
    assert "066A" in absent.value.hint


def test_no_port_fits(plug: Plug) -> None:
    with pytest.raises(AbsentError, match="none has USB id 0483:374b or 0483:3752"):
        find_port(BOARD)
    with pytest.raises(UsageError, match="qemu_cortex_m4 names no USB id"):
        find_port(PLAIN)


def test_a_session_finds_its_port_by_itself(plug: Plug, tmp_path: Path) -> None:
    plug(("/dev/ttyACM0", "0483:374b", "1"), ("/dev/ttyACM1", "0483:374b", "2"))
    build = BuildResult(tmp_path, tmp_path, tmp_path, "", fresh=False)
    with (
        pytest.raises(UsageError, match="2 ports here may be mine"),
        open_device(BOARD, build, AUTO),
    ):
        pass


def test_a_port_that_comes_back_is_waited_for(tmp_path: Path) -> None:
    link = tmp_path / "ttyACM0"
    controller, device = pty.openpty()

    def plug_in_later() -> None:
        time.sleep(0.5)
        link.symlink_to(os.ttyname(device))

    thread = threading.Thread(target=plug_in_later)
    thread.start()
    try:
        assert resolve_port(str(link), BOARD, patience_s=30) == str(link)
    finally:
        thread.join()
        os.close(controller)
        os.close(device)
    with pytest.raises(AbsentError, match="ttyACM1"):
        resolve_port(str(tmp_path / "ttyACM1"), BOARD)
