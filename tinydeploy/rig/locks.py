"""One user at a time for each port of this machine, across processes and users.

The lock is the operating system's (flock), so it ends with the process that holds it, even when
that is killed. Beside it lies a note of who holds it, for the messages of those who wait.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import stat
import sys
import tempfile
import zlib
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from tinydeploy.errors import OutputError

LOCK_VARIABLE = "TINYDEPLOY_LOCK_DIR"
# Never TMPDIR: two users, or two jobs of a CI, may have different ones and would not meet.
_SHARED = (Path("/run/lock"), Path("/var/lock"), Path("/tmp"))  # noqa: S108 - sticky, for all
_STICKY_FOR_ALL = 0o1777
_READ_WRITE_FOR_ALL = 0o666
_NOTE_FLAGS = os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0)  # the folder is open to everyone
_LONGEST_NOTE_BYTES = 4096
_NOTE = ".holder"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a lock; `since` is local time."""

    user: str
    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user} ({self.command}, process {self.pid}, since {self.since})"


class PortLock:
    """The lock of one port: held by this object, or by someone else, or by nobody.

    It is of the name that was given, and of the device that this is just now: while power is
    cycled a link in /dev/serial/by-id leads nowhere, and later perhaps to another device.

    Raises OutputError where lock files can't be written.
    """

    def __init__(self, port: str) -> None:
        self._port = port
        self._folder = lock_dir()
        self._held: dict[Path, FileLock] = {}

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it."""
        for path in self._paths():
            # Leased by one thread, it may be given back by another.
            lock = FileLock(path, mode=_READ_WRITE_FOR_ALL, thread_local=False)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                self._let_go()
                return False
            except OSError as error:
                self._let_go()
                raise _unwritable(path, error) from error
            self._held[path] = lock
        self._write_notes(json.dumps(_me()))
        return True

    def release(self) -> None:
        self._write_notes("")
        self._let_go()

    def holder(self) -> Holder | None:
        """Whom a note names; None without one. It may be out of date unless someone holds it."""
        found = map(_read_note, self._paths())
        return next((holder for holder in found if holder), None)

    def _paths(self) -> list[Path]:
        """Always in the same order: two who want both may not each get one."""
        names = {self._port, port_identity(self._port)}
        return sorted(self._folder / f"{_file_name(name)}.lock" for name in names)

    def _let_go(self) -> None:
        while self._held:
            _, lock = self._held.popitem()
            lock.release()

    def _write_notes(self, text: str) -> None:
        """The notes are for people: without them the lock holds just as well."""
        for path in self._held:
            with contextlib.suppress(OSError):
                _write_note(path, text)


def _read_note(lock: Path) -> Holder | None:
    try:
        with lock.with_suffix(_NOTE).open("rb") as file:
            note = json.loads(file.read(_LONGEST_NOTE_BYTES))
        texts = [_one_line(note[key]) for key in ("user", "command", "since")]
        return Holder(texts[0], int(note["pid"]), *texts[1:])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write_note(lock: Path, text: str) -> None:
    """Write in place: a file of another user in a sticky folder can't be replaced."""
    note = lock.with_suffix(_NOTE)
    try:
        handle = os.open(note, _NOTE_FLAGS)
    except FileNotFoundError:
        handle = os.open(note, _NOTE_FLAGS | os.O_CREAT | os.O_EXCL)
        os.fchmod(handle, _READ_WRITE_FOR_ALL)  # whatever the umask
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.truncate()
        file.write(text)


def port_identity(port: str) -> str:
    """What two names of one port (a link in /dev/serial/by-id, …) have in common."""
    return port if "://" in port else os.path.realpath(port)


def lock_dir() -> Path:
    """The folder of the locks, the same for every user: made if it isn't there.

    TINYDEPLOY_LOCK_DIR names another one.
    """
    chosen = os.environ.get(LOCK_VARIABLE)
    folder = Path(chosen) if chosen else _shared_folder() / "tinydeploy"
    try:
        folder.mkdir(parents=True)
        folder.chmod(_STICKY_FOR_ALL)  # whatever the umask
    except FileExistsError:
        pass
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder


def _shared_folder() -> Path:
    """Where everyone may write: judged by its mode, so that all users choose the same one."""
    for folder in _SHARED:
        with contextlib.suppress(OSError):
            if stat.S_IMODE(folder.stat().st_mode) == _STICKY_FOR_ALL:
                return folder
    return Path(tempfile.gettempdir())


def _file_name(name: str) -> str:
    """A file for the lock of this name of a port, readable and unique."""
    readable = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[-60:]
    return f"{readable}-{zlib.crc32(name.encode()):08x}"


def _me() -> dict[str, object]:
    return {
        "user": _user(),
        "pid": os.getpid(),
        "command": " ".join([Path(sys.argv[0]).name, *sys.argv[1:2]]),
        "since": datetime.now(timezone.utc).astimezone().strftime("%H:%M:%S"),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return f"user {os.getuid()}"


def _one_line(text: str) -> str:
    return " ".join(str(text).split())[:80]


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"the lock {path} can't be written: {error.strerror}",
        f"Everyone who uses the rig must be able to write there; {LOCK_VARIABLE} names another "
        "folder.",
    )
