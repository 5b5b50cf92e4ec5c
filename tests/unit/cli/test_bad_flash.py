"""`tinydeploy flash` that can't work is refused before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.boards import board_file
from tests.support.command_line import assert_refused, files_below, tinydeploy

USB = '[usb]\nids = ["f00d:f00d"]'
JLINK = '[upload]\nprotocol = "jlink"\njlink_device = "STM32F407VG"'
DRIVE = '[upload]\nprotocol = "mass-storage"\ndrive_label = "BOARD"'
BOARD = "mine.toml"

CASES: dict[str, tuple[tuple[str, ...], Sequence[str], int, Sequence[str]]] = {
    "a board without hardware": (
        (),
        ["-b", "qemu_cortex_m4", "--port", "/dev/null"],
        2,
        ["qemu_cortex_m4 doesn't say how to flash it", "--gdb HOST:PORT"],
    ),
    "only by GDB": (
        ('[upload]\nprotocol = "gdb"',),
        ["--port", "/dev/null"],
        2,
        ["mine doesn't say how to flash it", "--gdb HOST:PORT"],
    ),
    "no way to find the port": ((DRIVE,), [], 2, ["names no USB id", "--port"]),
    "no uploader": ((USB, JLINK), [], 8, ["JLinkExe is not on PATH", "segger.com"]),
    "a probe that is none": (
        (USB, DRIVE),
        ["--probe", "x; rm -rf /"],
        2,
        ["'x; rm -rf /' is no serial number"],
    ),
    "probe and server": (
        (USB, DRIVE),
        ["--probe", "066D", "--gdb", ":3333"],
        2,
        ["--probe and --gdb exclude each other"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_flash_that_can_not_work(models: Path, tmp_path: Path, case: str) -> None:
    tables, arguments, exit_code, said = CASES[case]
    board_file(tmp_path, "qemu_cortex_m4", *tables)
    board = [] if "-b" in arguments else ["-b", BOARD]
    done = tinydeploy("flash", models / "int8.tflite", *board, *arguments, cwd=tmp_path)
    assert_refused(done, exit_code, *said)
    assert files_below(tmp_path) == [BOARD]


def test_no_gdb_server(models: Path, tmp_path: Path) -> None:
    arguments = ["-b", "qemu_cortex_m4", "--gdb", "localhost:1", "--port", "socket://localhost:1"]
    done = tinydeploy("flash", models / "int8.tflite", *arguments, cwd=tmp_path)
    assert_refused(done, 15, "nobody answers at socket://localhost:1")
