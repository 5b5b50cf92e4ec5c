"""Opening serial ports, and saying what to do where one can't be opened.

A port is whatever pyserial understands: /dev/ttyACM0, COM3, socket://, rfc2217://, hwgrep://.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
from pathlib import Path
from types import ModuleType
from typing import Any

import serial
from serial import rfc2217
from serial.tools import list_ports

from tinydeploy.errors import AbsentError, DeviceError, TinydeployError

grp: ModuleType | None
try:
    import grp
except ImportError:  # not on Windows, whose ports have no group
    grp = None

_MISSING = {errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ECONNREFUSED, errno.EHOSTUNREACH}
_IN_USE = {errno.EBUSY, errno.EAGAIN}


def open_port(port: str, baud: int) -> serial.Serial:
    """Open `port` for this process alone.

    Raises:
        AbsentError: there is no such port, or nobody listens there.
        DeviceError: the port is in use, or may not be opened by this user.
    """
    # Only a device of this machine can be locked against other processes.
    options: dict[str, Any] = {} if "://" in port else {"exclusive": True}
    try:
        line = serial.serial_for_url(port, baudrate=baud, **options)
    except (serial.SerialException, OSError, ValueError) as error:
        raise _explained(port, error) from error
    inner = getattr(line, "_socket", None)  # pyserial has no public way
    if isinstance(inner, socket.socket):
        # Many short messages: none may wait until the one before it is acknowledged.
        inner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return line


def limit_writing(line: serial.Serial, seconds: float) -> None:
    """Let writing take so long at most; RFC 2217 ports have no such limit."""
    if not isinstance(line, rfc2217.Serial):
        line.write_timeout = seconds


def read_available(line: serial.Serial, seconds: float, most: int) -> bytes:
    """Return what is there as soon as there is anything, `most` bytes at most; b"" after `seconds`.

    The line's end counts only when all is read. Raises SerialException or OSError for it.
    """
    is_remote = isinstance(line, rfc2217.Serial)
    if is_remote:
        # The property would negotiate the port anew, for tenths of a second.
        line._timeout = seconds  # type: ignore[attr-defined]
    else:
        line.timeout = seconds
    data: bytes = line.read(1)
    if not data:
        return data
    with contextlib.suppress(serial.SerialException, OSError):
        if is_remote:
            data += line.read(min(line.in_waiting, most - 1))
        else:  # in_waiting says of a socket only whether there is anything
            line.timeout = 0
            data += line.read(most - 1)
    return data


def require_port(port: str) -> None:
    """Raise AbsentError where a port of this machine does not exist; remote ones may wait."""
    if "://" not in port and os.name == "posix" and not Path(port).exists():
        raise _missing(port)


def _explained(port: str, error: Exception) -> TinydeployError:
    number = _errno(error)
    if number in _MISSING or "no ports found" in str(error):
        return _missing(port)
    if number == errno.EACCES:
        return DeviceError(f"port {port} can't be opened: permission denied", _who_may(port))
    if number in _IN_USE:
        return DeviceError(f"port {port} is in use{_by_whom(port)}", "End that program first.")
    why = os.strerror(number) if number else error
    return DeviceError(f"port {port} can't be opened: {why}", _known_ports())


def _errno(error: Exception) -> int | None:
    """The system's error number; pyserial hides that of a socket in the context."""
    number = getattr(error, "errno", None) or getattr(error.__context__, "errno", None)
    return number if isinstance(number, int) else None


def _missing(port: str) -> AbsentError:
    what = "nobody answers at" if "://" in port else "there is no port"
    return AbsentError(f"{what} {port}", f"Is the board connected? {_known_ports()}")


def _known_ports() -> str:
    found = [f"{p.device} ({p.description})" for p in list_ports.comports()]
    return f"Ports here: {', '.join(found)}." if found else "There is no serial port here."


def _who_may(port: str) -> str:
    try:
        group = grp.getgrgid(Path(port).stat().st_gid).gr_name if grp else ""
    except (OSError, KeyError):
        group = ""
    if not group or group == "root":
        return "Ask the administrator for access to it."
    return f"It belongs to the group {group}: `sudo usermod -aG {group} $USER`, then log in again."


def _by_whom(port: str) -> str:
    """The program that has the port open, where this user may see it (Linux)."""
    target = Path(port).resolve()
    for descriptor in Path("/proc").glob("[0-9]*/fd/*"):
        process = descriptor.parents[1]
        try:
            if int(process.name) != os.getpid() and descriptor.resolve() == target:
                name = (process / "comm").read_text(encoding="utf-8").strip()
                return f" by {name} (process {process.name})"
        except OSError:
            continue
    return ""
