"""Is the board, or the emulator that plays it, here at all?"""

from __future__ import annotations

from tinydeploy.boards import Board
from tinydeploy.device.emulator import require_emulator
from tinydeploy.device.usb import resolve_port
from tinydeploy.errors import AbsentError, ToolMissingError, UsageError


def require_place_to_run(board: Board, port: str | None, how_to_name_it: str) -> None:
    """Say before a long build that there is no `port`, or no emulator of `board`.

    `how_to_name_it` is the hint for a board that only a port leads to.

    Raises:
        UsageError: no port is named, and nothing plays the board.
        ToolMissingError: what plays it isn't installed.
        AbsentError: nothing is at the port; with more of it, see resolve_port().
    """
    if port is not None:
        resolve_port(port, board)
    elif board.emulator is None:
        raise UsageError(f"{board.id} has no emulator, and no port was named", how_to_name_it)
    else:
        require_emulator(board)


def require_board(board: Board, port: str | None, how_to_name_it: str) -> None:
    """As require_place_to_run(), where a board that can't be run on may be absent: AbsentError."""
    if port is not None:
        resolve_port(port, board)
        return
    try:
        require_place_to_run(board, port, how_to_name_it)
    except (UsageError, ToolMissingError) as error:
        raise AbsentError(error.message, error.hint) from error
