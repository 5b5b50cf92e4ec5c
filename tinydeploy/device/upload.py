"""How PlatformIO puts a firmware on the real board, as a command."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from tinydeploy.boards import Board
from tinydeploy.device.plain_folder import plain_folder
from tinydeploy.device.platformio import BuildResult, lock_project, platformio_environment

PROBE_VARIABLE = "TINYDEPLOY_PROBE"
"""The serial number of the debug probe, for the project's build script."""


@contextlib.contextmanager
def upload_command(
    build: BuildResult, board: Board, probe: str | None
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """(command, environment) that upload `build`; nobody else builds there until the block ends.

    `probe` is the serial number of the debug probe, where there may be several.
    """
    environment = platformio_environment()
    if probe is not None:
        environment[PROBE_VARIABLE] = probe
    with lock_project(build.project_dir), plain_folder(build.project_dir) as folder:
        command = [sys.executable, "-m", "platformio", "run", "-d", str(folder)]
        yield [*command, "-e", board.id, "-t", "upload"], environment
