"""`tinydeploy monitor`: what the device says, until Ctrl-C."""

from __future__ import annotations

import contextlib
from typing import Annotated

import typer

from tinydeploy.cli import options

DEFAULT_BAUD = 115200
Baud = Annotated[
    int | None,
    typer.Option(min=300, max=10**8, help="Speed.", show_default="the board's, else 115200"),
]


def monitor(port: options.Port = None, baud: Baud = None, board: options.BoardId = None) -> None:
    """Show the device's text as it comes in, and frames in short; Ctrl-C ends it."""
    from tinydeploy.boards import load_board
    from tinydeploy.cli import render
    from tinydeploy.device.monitor import listen
    from tinydeploy.device.usb import AUTO, resolve_port
    from tinydeploy.errors import UsageError

    chosen = load_board(board) if board else None
    if port is None or (port == AUTO and chosen is None):
        raise UsageError(
            "no port was given", "Give --port PORT, or --port auto --board ID to find it."
        )
    found = resolve_port(port, chosen) if chosen else port
    speed = baud or (chosen.serial.baud if chosen else DEFAULT_BAUD)
    # Ctrl-C is how this ends, not a failure.
    with contextlib.suppress(KeyboardInterrupt), listen(found, speed) as lines:
        render.show_message(f"Listening to {found} at {speed} baud; Ctrl-C ends.", at_once=True)
        for line in lines:
            render.show_message(line, at_once=True)
