"""Boards are data: one TOML file each, read strictly into frozen values.

docs/boards.md explains each key and how to add a board.
"""

from tinydeploy.boards.board import (
    Board,
    Build,
    Counter,
    Emulator,
    Framework,
    Serial,
    Timing,
    Usb,
)
from tinydeploy.boards.load import all_boards, load_board
from tinydeploy.boards.memory import Enable, Memory, NamedRegion, Region

__all__ = [
    "Board",
    "Build",
    "Counter",
    "Emulator",
    "Enable",
    "Framework",
    "Memory",
    "NamedRegion",
    "Region",
    "Serial",
    "Timing",
    "Usb",
    "all_boards",
    "load_board",
]
