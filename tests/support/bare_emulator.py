"""QEMU as a board without a firmware: stopped, with a GDB server, and a serial line as a socket."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tinydeploy.boards import Board

_PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class BareEmulator:
    """Where its GDB server (HOST:PORT) and its serial line (a pyserial URL) are."""

    gdb: str
    port: str


@contextlib.contextmanager
def bare_emulator(board: Board) -> Iterator[BareEmulator]:
    """Power up `board` with empty memory; its core waits for the debugger."""
    assert board.emulator is not None
    kernel = board.emulator.args.index("-kernel")
    gdb, line = _free_port(), _free_port()
    values = {
        "{chardev}": f"socket,id=serial0,host=127.0.0.1,port={line},server=on,wait=off",
        "{icount}": f"shift={board.emulator.icount_shift}",
    }
    arguments = [values.get(a, a) for a in board.emulator.args[:kernel]]
    command = [board.emulator.program, *arguments, "-S", "-gdb", f"tcp:127.0.0.1:{gdb}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(gdb, process)
            yield BareEmulator(f"127.0.0.1:{gdb}", f"socket://127.0.0.1:{line}")
        finally:
            process.kill()


def _free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise AssertionError("the emulator doesn't listen")
