"""Is the board, or the emulator that plays it, here at all?"""

from __future__ import annotations

from tinydeploy.boards import Board
from tinydeploy.device.emulator import require_emulator
from tinydeploy.device.usb import resolve_port
from tinydeploy.errors import AbsentError, ToolMissingError


def require_board(board: Board, port: str | None, how_to_name_it: str) -> None:
    """Raise AbsentError where neither `port` nor an emulator of `board` is here.

    `how_to_name_it` is the hint for a board that only a port leads to.
    """
    if port is not None:
        resolve_port(port, board)
    elif board.emulator is None:
        raise AbsentError(
            f"{board.id} has no emulator, and no port is named for it", how_to_name_it
        )
    else:
        try:
            require_emulator(board)
        except ToolMissingError as error:
            raise AbsentError(error.message, error.hint) from error
