"""What is started to flash a real board; in the place of OpenOCD stands one that only notes."""

from __future__ import annotations

import dataclasses
import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.support.dummy import build_dummy
from tinydeploy.boards import load_board
from tinydeploy.device.upload import upload_command
from tinydeploy.uploaders import Upload

pytestmark = pytest.mark.emulated


@pytest.mark.parametrize("probe", ["", "066EFF495050"])
def test_the_uploader_gets_firmware_and_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, probe: str
) -> None:
    noted = tmp_path / "noted"
    uploader = tmp_path / "bin" / "openocd"
    uploader.parent.mkdir()
    uploader.write_text(f'#!/bin/sh\nfor a in "$@"; do echo "$a"; done >"{noted}"\n')
    uploader.chmod(uploader.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{uploader.parent}:{os.environ['PATH']}")
    board = dataclasses.replace(load_board("netduinoplus2"), upload=Upload("openocd", "stm32f4x"))
    build = build_dummy(board, tmp_path / "project")
    with upload_command(build, board, probe=probe) as (command, environment):
        done = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    arguments = noted.read_text().splitlines()
    assert arguments[:2] == ["-f", "interface/stlink.cfg"]
    assert arguments[2:-4] == ([] if not probe else ["-c", f"adapter serial {probe}"])
    assert arguments[-4:-1] == ["-f", "target/stm32f4x.cfg", "-c"]
    assert "firmware.elf" in arguments[-1]
