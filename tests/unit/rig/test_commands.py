"""Commands of a rig file end in time, and are explained where they fail."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tinydeploy.errors import DeviceError, ToolMissingError
from tinydeploy.rig.commands import Commands

# A shell whose child would go on without it.
FOREVER = ["sh", "-c", "echo $$ > started; sleep 100 & wait"]


def run(folder: Path, command: list[str], timeout_s: float = 20) -> None:
    Commands().run("power-cycling left", command, folder, timeout_s)


def test_a_command_runs_in_its_folder(tmp_path: Path) -> None:
    run(tmp_path, ["touch", "here"])
    assert (tmp_path / "here").exists()


def test_a_failure_shows_the_last_words(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"power-cycling left failed: sh ended with .* 3: no hub"):
        run(tmp_path, ["sh", "-c", "echo no hub >&2; exit 3"])


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="power-cycling left needs no-such-program"):
        run(tmp_path, ["no-such-program"])


def test_a_command_that_never_ends_is_ended_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"took more than 1 s: sh"):
        run(tmp_path, FOREVER, timeout_s=1)
    assert_group_is_gone(tmp_path)


def test_stop_ends_what_is_under_way_and_lets_nothing_start(tmp_path: Path) -> None:
    commands, raised = Commands(), []

    def work() -> None:
        with pytest.raises(DeviceError) as caught:
            commands.run("flashing left", FOREVER, tmp_path, 60)
        raised.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    wait_for(tmp_path / "started")
    commands.stop()
    thread.join(10)
    assert len(raised) == 1
    assert_group_is_gone(tmp_path)
    with pytest.raises(DeviceError, match="was stopped"):
        commands.run("flashing left", ["true"], tmp_path, 60)


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not (path.exists() and path.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def assert_group_is_gone(folder: Path) -> None:
    """No process of the shell's group is left, but for those that wait to be collected."""
    group = (folder / "started").read_text().strip()
    deadline = time.monotonic() + 10
    while alive := [s for s in map(state, Path("/proc").glob("[0-9]*")) if s == ("S", group)]:
        assert time.monotonic() < deadline, alive
        time.sleep(0.01)


def state(process: Path) -> tuple[str, str]:
    """(state, process group)."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[2]
