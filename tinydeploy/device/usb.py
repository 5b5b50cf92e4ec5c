"""Which serial port belongs to which board, by USB id and serial number."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from serial.tools import list_ports

from tinydeploy.boards import Board, Usb
from tinydeploy.device.ports import require_port
from tinydeploy.errors import AbsentError, UsageError

AUTO = "auto"
"""Given as a port: the one that belongs to the board."""
_LOOK_AGAIN_S = 0.2


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port of this machine; `usb_id` and `serial_number` are "" where it has none."""

    device: str
    usb_id: str
    serial_number: str
    description: str

    def is_of(self, board: Board) -> bool:
        return board.usb is not None and self.usb_id in board.usb.ids


def serial_ports() -> tuple[SerialPort, ...]:
    """Return every serial port of this machine, by name."""
    return tuple(
        SerialPort(
            port.device,
            "" if port.vid is None or port.pid is None else f"{port.vid:04x}:{port.pid:04x}",
            port.serial_number or "",
            port.description if port.description != "n/a" else "",
        )
        for port in sorted(list_ports.comports())
    )


def require_findable(board: Board) -> Usb:
    """Return how the board shows itself on USB. Raises UsageError where its file doesn't say it."""
    if board.usb is None:
        raise UsageError(
            f"the file of the board {board.id} names no USB id by which its port can be found",
            "Name the port with --port, or add the table [usb]: docs/boards.md.",
        )
    return board.usb


def find_port(board: Board, probe: str = "") -> str:
    """Return the one port whose USB id is the board's; `probe` is its serial number, if given.

    Raises:
        UsageError: the board's file names no USB id, or several ports fit.
        AbsentError: no port fits.
    """
    usb = require_findable(board)
    fitting = [port for port in serial_ports() if port.is_of(board)]
    found = [port for port in fitting if probe in {"", port.serial_number}]
    if len(found) == 1:
        return found[0].device
    if found:
        raise UsageError(
            f"{len(found)} ports here may be {board.id}: {_names(found)}",
            "Say which one with --port, or connect only one.",
        )
    wanted = " or ".join(usb.ids) + (f" and serial number {probe}" if probe else "")
    seen = f"Ports with its USB id: {_names(fitting)}." if fitting else "Is it connected?"
    raise AbsentError(
        f"no port here belongs to {board.id}: none has USB id {wanted}",
        f"{seen} `tinydeploy devices` lists what is here.",
    )


def resolve_port(port: str, board: Board, probe: str = "", patience_s: float = 0) -> str:
    """Return the port that `port` means for `board`, as soon as it is there.

    Raises:
        UsageError: `port` is auto, and it can't be told which one that is.
        AbsentError: it isn't there, `patience_s` seconds later either.
    """
    end = time.monotonic() + patience_s
    while True:
        try:
            if port == AUTO:
                return find_port(board, probe)
            require_port(port)
        except AbsentError:
            if time.monotonic() >= end:
                raise
            time.sleep(_LOOK_AGAIN_S)
        else:
            return port


def _names(ports: Iterable[SerialPort]) -> str:
    return " and ".join(
        f"{port.device} ({port.usb_id}, serial number {port.serial_number or 'unknown'})"
        for port in ports
    )
