"""The list of boards as JSON-able values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinydeploy.boards import Board


def boards_report(boards: Sequence[Board]) -> dict[str, Any]:
    """id, name, tier, instruction set and memory of each board."""
    return {
        "boards": [
            {
                "id": board.id,
                "name": board.name,
                "description": board.description,
                "tier": board.tier,
                "isa": board.isa,
                "flash_bytes": board.memory.flash_bytes,
                "ram_bytes": board.memory.ram_bytes,
                "counter": board.counter.kind,
            }
            for board in boards
        ]
    }
