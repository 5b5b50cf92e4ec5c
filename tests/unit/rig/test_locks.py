"""Locks of ports, between real processes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.command_line import environment
from tinydeploy.errors import OutputError
from tinydeploy.rig.locks import LOCK_VARIABLE, PortLock, lock_dir

PORT = "socket://127.0.0.1:7000"
_HOLD = """
import os, sys
from tinydeploy.rig.locks import PortLock
if len(sys.argv) > 2:
    PortLock("another").try_acquire()  # imports what the other user may not read
    os.setuid(int(sys.argv[2]))
lock = PortLock(sys.argv[1])
assert lock.try_acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "locks"))


@contextmanager
def held_elsewhere(port: str) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock of `port`."""
    command = [sys.executable, "-c", _HOLD, port]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        yield process


def test_a_held_lock_is_refused_and_names_its_holder() -> None:
    with held_elsewhere(PORT) as process:
        lock = PortLock(PORT)
        assert not lock.try_acquire()
        holder = lock.holder()
        assert holder is not None
        assert holder.pid == process.pid
        assert f"process {process.pid}, since" in str(holder)


def test_a_killed_holder_leaves_no_lock() -> None:
    lock = PortLock(PORT)
    with held_elsewhere(PORT) as process:
        assert not lock.try_acquire()
        os.kill(process.pid, signal.SIGKILL)
        process.wait(10)
        assert lock.try_acquire()
    holder = lock.holder()
    assert holder is not None
    assert holder.pid == os.getpid()
    lock.release()


def test_a_released_lock_is_free_and_names_nobody() -> None:
    lock = PortLock(PORT)
    assert lock.try_acquire()
    lock.release()
    assert lock.holder() is None
    with held_elsewhere(PORT):
        pass


def test_two_locks_of_one_process_exclude_each_other() -> None:
    one, other = PortLock(PORT), PortLock(PORT)
    assert one.try_acquire()
    assert not other.try_acquire()
    one.release()
    assert other.try_acquire()
    other.release()


def test_two_names_of_one_port_are_one_lock(tmp_path: Path) -> None:
    (tmp_path / "ttyACM0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyACM0")
    with held_elsewhere(str(tmp_path / "ttyACM0")):
        assert not PortLock(str(tmp_path / "by-id")).try_acquire()
        assert PortLock(str(tmp_path / "ttyACM1")).try_acquire()


def test_a_link_stays_locked_while_its_device_is_away_or_another(tmp_path: Path) -> None:
    """As while power is cycled: the link of the probe leads nowhere, then to another number."""
    link = tmp_path / "by-id"
    (tmp_path / "ttyACM0").touch()
    link.symlink_to(tmp_path / "ttyACM0")
    with held_elsewhere(str(link)):
        (tmp_path / "ttyACM0").unlink()
        assert not PortLock(str(link)).try_acquire()
        link.unlink()
        (tmp_path / "ttyACM1").touch()
        link.symlink_to(tmp_path / "ttyACM1")
        lock = PortLock(str(link))
        assert not lock.try_acquire()
        assert lock.holder() is not None
        other = PortLock(str(tmp_path / "ttyACM1"))
        assert other.try_acquire(), "a lock that was not had in whole is given back"
        other.release()
    assert lock.try_acquire()
    lock.release()


def test_everyone_may_use_folder_and_files(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        lock = PortLock(PORT)
        assert lock.try_acquire()
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in lock_dir().iterdir()}
    assert modes == {0o666}
    assert stat.S_IMODE(lock_dir().stat().st_mode) == 0o1777
    lock.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_lock_that_another_user_left_behind_is_taken_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to other users
        Path(folder).chmod(0o755)
        monkeypatch.setenv(LOCK_VARIABLE, f"{folder}/locks")
        lock = PortLock(PORT)
        assert lock.try_acquire()
        lock.release()
        result = subprocess.run(
            [sys.executable, "-c", _HOLD, PORT, "65534"],
            env=environment(),
            input=b"",
            capture_output=True,
            check=False,
        )
        assert result.stdout == b"held\n", result.stderr
        assert PortLock(PORT).try_acquire()


def test_a_damaged_note_is_no_note(tmp_path: Path) -> None:
    lock = PortLock(PORT)
    assert lock.try_acquire()
    (note,) = lock_dir().glob("*.holder")
    for text in ("", "[", "[]", "{}", '{"user": "a", "pid": "x", "command": "", "since": ""}'):
        note.write_text(text)
        assert lock.holder() is None
    lock.release()


def test_a_folder_that_can_not_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "file" / "locks"))
    with pytest.raises(OutputError, match="can't be written") as caught:
        PortLock(PORT)
    assert LOCK_VARIABLE in caught.value.hint
