"""Starting the program that plays a board, with its serial line already connected.

Both ends of a loopback connection are made here and one is inherited by the emulator, so no
port can be taken by someone else in between.
"""

from __future__ import annotations

import contextlib
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import serial

from tinydeploy.boards import Board, Emulator
from tinydeploy.device.parent_death import END_WITH_PARENT
from tinydeploy.errors import DeviceError, InternalError, ToolMissingError

_STOP_WAIT_S = 5
_CONNECT_WAIT_S = 10
_SHOWN_STDERR_CHARS = 400
_CHARDEV, _ELF, _ICOUNT = "{chardev}", "{elf}", "{icount}"


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """An emulator at work, and our end of its serial line."""

    port: serial.Serial
    process: subprocess.Popen[bytes]
    stderr: IO[bytes]
    program: str

    def explain_end(self) -> str:
        """Say how the emulator ended; "" while it runs."""
        try:
            code = self.process.wait(0.2)
        except subprocess.TimeoutExpired:
            return ""
        if code < 0:
            how = f"was killed by {signal.Signals(-code).name}"
        else:
            how = f"ended with exit code {code}"
        self.stderr.seek(0)
        text = self.stderr.read().decode("utf-8", "replace").strip()[-_SHOWN_STDERR_CHARS:]
        return f"{self.program} {how} in the middle of the session" + (f": {text}" if text else "")


@contextlib.contextmanager
def run_emulator(
    board: Board, elf: Path, more_arguments: Sequence[str] = ()
) -> Iterator[RunningEmulator]:
    """Run `elf` on the emulator of `board`; it ends with the block, whatever happens.

    Raises:
        ToolMissingError: the emulator isn't installed.
        DeviceError: it can't be started.
    """
    if board.emulator is None:
        raise InternalError(f"{board.id} has no emulator")
    program = require_emulator(board) or str(elf.resolve())
    with contextlib.ExitStack() as stack:
        port, theirs = _connection()
        stack.callback(_close, port)
        stderr = stack.enter_context(tempfile.TemporaryFile())
        with theirs:
            command = [program, *_arguments(board.emulator, elf, theirs), *more_arguments]
            process = _start(command, theirs, stderr)
        stack.callback(_stop, process)
        yield RunningEmulator(port, process, stderr, Path(program).name)


def require_emulator(board: Board) -> str:
    """Return the program that plays the board; "": the firmware itself, or there is none.

    Raises ToolMissingError where it isn't installed.
    """
    if board.emulator is None or board.emulator.program == _ELF:
        return ""
    found = shutil.which(board.emulator.program)
    if found is None:
        raise ToolMissingError(
            f"{board.emulator.program} is not on PATH; it plays the board {board.id}",
            f"Install it with: sudo apt-get install {board.emulator.apt_packages}",
        )
    return found


def _connection() -> tuple[serial.Serial, socket.socket]:
    """Return two connected ends: a pyserial port, and a socket for the emulator to inherit."""
    with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
        server.settimeout(_CONNECT_WAIT_S)
        number = server.getsockname()[1]
        port = serial.serial_for_url(f"socket://127.0.0.1:{number}")
        theirs, address = server.accept()
    if address != _socket_of(port).getsockname():
        theirs.close()
        _close(port)
        raise DeviceError("another program connected to the emulator's serial line", "Try again.")
    theirs.setblocking(True)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return port, theirs


def _socket_of(port: serial.Serial) -> socket.socket:
    ours: socket.socket = port._socket  # type: ignore[attr-defined] # pyserial has no public way
    return ours


def _close(port: serial.Serial) -> None:
    """Close our end. The port's own close() sleeps, and forgets a socket whose peer has gone."""
    _socket_of(port).close()
    port.is_open = False  # so that its destructor doesn't close it again


def _arguments(emulator: Emulator, elf: Path, line: socket.socket) -> list[str]:
    values = {
        _CHARDEV: f"socket,id=serial0,fd={line.fileno()}",
        _ELF: str(elf.resolve()),
        _ICOUNT: f"shift={emulator.icount_shift}",
    }
    return [values.get(arg, arg) for arg in emulator.args]


def _start(command: list[str], line: socket.socket, stderr: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the emulator: line inherited, own process group (Ctrl-C is for us to handle)."""
    inherits_by_name = any("fd=" in arg for arg in command)
    ends = subprocess.DEVNULL if inherits_by_name else line.fileno()
    try:
        return subprocess.Popen(
            command,
            stdin=ends,
            stdout=ends,
            stderr=stderr,
            pass_fds=(line.fileno(),) if inherits_by_name else (),
            start_new_session=True,
            preexec_fn=END_WITH_PARENT,  # noqa: PLW1509
        )
    except OSError as error:
        raise DeviceError(f"{command[0]} can't be started: {error.strerror}") from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait(_STOP_WAIT_S)
