"""`tinydeploy devices`: what is plugged in, and which boards that may be."""

from __future__ import annotations

from typing import Annotated

import typer

from tinydeploy.cli import options

BoardFiles = Annotated[
    list[str] | None,
    typer.Option("--board", "-b", help="A board file of your own to match, too; may be repeated."),
]


def devices(board: BoardFiles = None, json: options.Json = None) -> None:
    """List the serial ports of this machine with USB id, serial number and matching boards."""
    from tinydeploy.boards import all_boards, load_board
    from tinydeploy.cli import render
    from tinydeploy.device.usb import serial_ports
    from tinydeploy.report.devices import devices_report
    from tinydeploy.report.files import write_json

    boards = {b.id: b for b in (*all_boards(), *map(load_board, board or ()))}
    report = devices_report(serial_ports(), tuple(boards.values()))
    if json:
        write_json(json, report)
    render.show_devices(report)
