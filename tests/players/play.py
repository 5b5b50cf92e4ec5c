"""Starts a player, with the board's serial line behind a TCP port."""

from __future__ import annotations

import contextlib
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.players.table import Player
from tests.support.command_line import ROOT
from tinydeploy.device.platformio import BuildResult

_FOLDER = Path(__file__).parent


def require(player: Player) -> None:
    """Skip the test where the player isn't installed."""
    if player.program == "labwired":
        if importlib.util.find_spec("labwired") is None:
            pytest.skip("labwired isn't installed (pip install labwired)")
    elif shutil.which("node") is None:
        pytest.skip("rp2040js needs Node.js, which isn't on PATH")
    elif not (_FOLDER / "node_modules" / "rp2040js").is_dir():
        pytest.skip(f"rp2040js isn't installed (npm install --prefix {_FOLDER.relative_to(ROOT)})")


@contextlib.contextmanager
def played(player: Player, build: BuildResult) -> Iterator[str]:
    """Run the image as long as the block lasts; its serial line is at the URL."""
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            _command(player, build, Path(folder)),
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with process:
            try:
                assert process.stdout is not None
                port = process.stdout.readline().decode().strip()
                assert port, f"{player} did not start; what it says is on standard error"
                yield f"socket://127.0.0.1:{port}"
            finally:
                process.kill()


def _command(player: Player, build: BuildResult, folder: Path) -> list[str]:
    if player.program == "rp2040js":
        return ["node", str(_FOLDER / "rp2040js_board.js"), str(build.bin)]
    # Imported late: labwired is not everywhere.
    from tests.players.labwired_system import write_system  # noqa: PLC0415

    script = [sys.executable, "-m", "tests.players.labwired_board"]
    uart = [] if player.uart is None else [player.uart]
    return [*script, str(build.elf), str(write_system(player, folder)), *uart]
