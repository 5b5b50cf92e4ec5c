"""Boards, serial ports and tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from tinydeploy.cli.render.console import OUT, show_message
from tinydeploy.cli.render.numbers import kib_text
from tinydeploy.ir.text import printable

if TYPE_CHECKING:
    from tinydeploy.boards import Board
    from tinydeploy.device.health import Finding


def show_boards(boards: Sequence[Board]) -> None:
    """The list of boards."""
    table = Table("board", "tier", "isa", "flash", "RAM", "description", box=None, pad_edge=False)
    for column in (3, 4):
        table.columns[column].justify = "right"
    for board in boards:
        memory = board.memory
        table.add_row(
            board.id,
            board.tier,
            board.isa,
            kib_text(*(region.length for region in memory.flashes)),
            kib_text(*(region.length for region in memory.rams)),
            Text(board.description),
        )
    OUT.print(table)


def show_devices(report: Mapping[str, Any]) -> None:
    """The serial ports, and the boards that they may belong to."""
    if not report["ports"]:
        show_message("There is no serial port here.")
        return
    table = Table(
        "port", "USB id", "serial number", "board", "description", box=None, pad_edge=False
    )
    for port in report["ports"]:
        cells = (port["device"], port["usb_id"], port["serial_number"])
        names = " or ".join(port["boards"])
        table.add_row(*(Text(printable(c)) for c in (*cells, names, port["description"])))
    OUT.print(table)


def show_health(findings: Sequence[Finding]) -> None:
    """What this machine has."""
    table = Table("tool", "version", "needed for", box=None, pad_edge=False)
    for finding in findings:
        version = Text(finding.version) if finding.present else Text("missing", style="red")
        table.add_row(finding.tool, version, Text(finding.needed_for))
    OUT.print(table)
    for finding in findings:
        if not finding.present:
            show_message(f"To get {finding.tool}: {finding.install}")
