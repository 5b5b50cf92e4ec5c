from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.dummy import build_dummy
from tinydeploy.boards import load_board
from tinydeploy.device.platformio import BuildResult

Builder = Callable[[str], BuildResult]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """Build the dummy model for a board, once in a test session."""
    done: dict[str, BuildResult] = {}

    def builder(board_id: str) -> BuildResult:
        if board_id not in done:
            folder: Path = tmp_path_factory.mktemp("built") / board_id
            done[board_id] = build_dummy(load_board(board_id), folder)
        return done[board_id]

    return builder
