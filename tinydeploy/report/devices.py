"""The serial ports of this machine as JSON-able values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tinydeploy.boards import Board
from tinydeploy.device.usb import SerialPort


def devices_report(ports: Sequence[SerialPort], boards: Sequence[Board]) -> dict[str, Any]:
    """Each port with the ids of the boards that have its USB id: none, one, or several."""
    return {
        "ports": [
            {**asdict(port), "boards": [board.id for board in boards if port.is_of(board)]}
            for port in ports
        ]
    }
