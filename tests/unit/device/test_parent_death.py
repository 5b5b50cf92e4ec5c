from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command_line import environment

_STARTED_S, _ENDED_S = 30, 5
_BUILD = """
import sys
from tinydeploy.device.platformio_core import run_platformio
sys.executable = sys.argv[1]
run_platformio("run")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux for it")
def test_platformio_does_not_outlive_a_killed_build(tmp_path: Path) -> None:
    endless = tmp_path / "platformio"
    endless.write_text(f"#!/bin/sh\necho $$ > {tmp_path}/part\nmv {tmp_path}/part {tmp_path}/pid\n"
                       "exec sleep 120\n")  # fmt: skip
    endless.chmod(0o755)
    command = [sys.executable, "-c", _BUILD, str(endless)]
    with subprocess.Popen(command, env=environment()) as build:
        _wait_until((tmp_path / "pid").exists, _STARTED_S)
        build.kill()
    program = Path("/proc", (tmp_path / "pid").read_text().strip(), "cmdline")
    _wait_until(lambda: not program.exists() or not program.read_bytes(), _ENDED_S)


def _wait_until(happened: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)
