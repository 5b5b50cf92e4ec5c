"""Ctrl-C at any moment: exit code 130, one message, no process and no half of a file left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.support.command_line import (
    COMMAND,
    Result,
    assert_refused,
    environment,
    files_below,
    tinydeploy,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
_PATIENCE_S = 60
_MARK = "TINYDEPLOY_TEST_MARK"
Send = Callable[[int, signal.Signals], None]


def processes(mark: str) -> list[str]:
    """The command lines of all living processes that were started with this mark."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            is_ours = f"{_MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0")
            state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            if is_ours and state != "Z":
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def interrupted(
    arguments: list[str], work: Path, sees: str, send: Send, number: signal.Signals = signal.SIGINT
) -> Result:
    """Run until a process whose command line holds `sees` is at work, then send the signal."""
    mark, temporary = uuid.uuid4().hex, work / "tmp"
    temporary.mkdir()
    env = environment({_MARK: mark, "TMPDIR": str(temporary)})
    with subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=work,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert wait_for(lambda: any(sees in line for line in processes(mark)))
        time.sleep(0.1)
        send(process.pid, number)
        out, err = process.communicate(timeout=_PATIENCE_S)
    assert wait_for(lambda: processes(mark) == [])
    assert files_below(temporary) == []
    temporary.rmdir()
    return Result(process.returncode, out.decode(), err.decode())


def assert_nothing_is_half_written(project: Path) -> None:
    """All files that the project lists are there, no firmware, no trace of unfinished writing."""
    if project.exists():
        listed = json.loads((project / ".tinydeploy.json").read_text())["files"]
        assert all((project / name).is_file() for name in listed)
        assert not (project / "firmware.elf").exists()
        assert [p.name for p in project.iterdir() if p.name.startswith(".")] == [
            name for name in (".pio", ".tinydeploy.json") if (project / name).exists()
        ]


MOMENTS = {
    "conversion": ("model.keras", "convert_worker"),
    "build": ("int8.tflite", "platformio run"),
}


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["process", "terminal"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_interrupted_build(models: Path, tmp_path: Path, moment: str, send: Send) -> None:
    model, sees = MOMENTS[moment]
    # Data of its own, so that no earlier conversion is remembered.
    np.save(tmp_path / "data.npy", np.random.default_rng().random((4, 8, 8, 1), np.float32))
    arguments = ["build", str(models / model), "-b", "host", "-c", "data.npy", "-o", "out"]
    result = interrupted([*arguments, "--json", "r.json"], tmp_path, sees, send)
    assert_refused(result, 130, "interrupted")
    assert not (tmp_path / "r.json").exists()
    assert_nothing_is_half_written(tmp_path / "out")


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["process", "terminal"])
def test_interrupted_session(models: Path, tmp_path: Path, send: Send) -> None:
    model = str(models / "int8.tflite")
    arguments = ["verify", model, "-b", "qemu_cortex_m4", "-n", "20000", "--json", "r.json"]
    result = interrupted(arguments, tmp_path, "qemu-system-arm", send)
    assert_refused(result, 130, "interrupted")
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_ways_to_be_ended(models: Path, tmp_path: Path, number: signal.Signals) -> None:
    arguments = ["build", str(models / "int8.tflite"), "-b", "host", "-o", "out"]
    result = interrupted(arguments, tmp_path, "platformio run", os.kill, number)
    assert_refused(result, 130, "interrupted")
    assert_nothing_is_half_written(tmp_path / "out")


def test_impatient_user(models: Path, tmp_path: Path) -> None:
    def send_thrice(pid: int, number: signal.Signals) -> None:
        for _ in range(3):
            os.killpg(pid, number)
            time.sleep(0.02)

    arguments = ["build", str(models / "int8.tflite"), "-b", "host", "-o", "out"]
    result = interrupted(arguments, tmp_path, "platformio run", send_thrice)
    assert_refused(result, 130, "interrupted")
    assert_nothing_is_half_written(tmp_path / "out")


def test_next_build_takes_up_an_interrupted_one(models: Path, tmp_path: Path) -> None:
    arguments = ["build", str(models / "int8.tflite"), "-b", "host", "-o", "out"]
    interrupted(arguments, tmp_path, "platformio run", os.killpg)
    again = tinydeploy(*arguments, cwd=tmp_path)
    assert again.exit_code == 0, again.err
    undisturbed = tinydeploy(*arguments[:-1], "other", cwd=tmp_path)
    assert undisturbed.exit_code == 0, undisturbed.err
    assert (tmp_path / "out/firmware.elf").read_bytes() == (
        tmp_path / "other/firmware.elf"
    ).read_bytes()
