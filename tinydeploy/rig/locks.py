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

    Raises OutputError where lock files can't be written.
    """

    def __init__(self, port: str) -> None:
        self._path = lock_dir() / f"{_file_name(port)}.lock"
        self._note = self._path.with_suffix(".holder")
        # Leased by one thread, it may be given back by another.
        self._lock = FileLock(self._path, mode=_READ_WRITE_FOR_ALL, thread_local=False)

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it."""
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        except OSError as error:
            raise _unwritable(self._path, error) from error
        # The note is for people: without it the lock holds just as well.
        with contextlib.suppress(OSError):
            self._write_note(json.dumps(_me()))
        return True

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self._write_note("")
        self._lock.release()

    def holder(self) -> Holder | None:
        """Whom the note names; None without one. It may be out of date unless someone holds it."""
        try:
            with self._note.open("rb") as file:
                note = json.loads(file.read(_LONGEST_NOTE_BYTES))
            texts = [_one_line(note[key]) for key in ("user", "command", "since")]
            return Holder(texts[0], int(note["pid"]), *texts[1:])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _write_note(self, text: str) -> None:
        """Write in place: a file of another user in a sticky folder can't be replaced."""
        try:
            handle = os.open(self._note, _NOTE_FLAGS)
        except FileNotFoundError:
            handle = os.open(self._note, _NOTE_FLAGS | os.O_CREAT | os.O_EXCL)
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


def _file_name(port: str) -> str:
    """A name for the lock of `port`, readable and unique."""
    name = port_identity(port)
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
