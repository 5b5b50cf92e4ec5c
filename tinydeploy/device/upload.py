"""Putting a built firmware on a real board: through PlatformIO and the board's uploader."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from tinydeploy.boards import Board
from tinydeploy.device.plain_folder import plain_folder
from tinydeploy.device.platformio import DOWNLOAD_VARIABLE, BuildResult, lock_project
from tinydeploy.device.platformio_core import platformio_environment, run_platformio
from tinydeploy.errors import BuildError, DeviceError, ToolMissingError, UsageError
from tinydeploy.uploaders import Upload

_PROBE_VARIABLE = "TINYDEPLOY_UPLOAD_PROBE"
_SHOWN_LINES = 8
# What PlatformIO writes before and after the words of the uploader.
_BEFORE, _AFTER = (
    "Uploading firmware\n",
    re.compile(r"^\*\*\* \[upload\].*", re.MULTILINE | re.DOTALL),
)


def require_upload(board: Board) -> Upload:
    """Return how PlatformIO flashes `board`.

    Raises:
        UsageError: its file doesn't say how.
        ToolMissingError: the uploader isn't installed.
    """
    if board.framework:
        raise UsageError(
            f"{board.id} is flashed by the uploader of its framework, through PlatformIO",
            "`tinydeploy build`, then `pio run -t upload` in the project; `--port` measures it.",
        )
    if board.upload is None or board.upload.protocol == "gdb":
        raise UsageError(
            f"the file of the board {board.id} doesn't say how to flash it",
            "Name a GDB server with --gdb HOST:PORT, or add the table [upload]: docs/boards.md.",
        )
    uploader = board.upload.uploader
    found = not uploader.programs or any(map(shutil.which, uploader.programs))
    downloads = uploader.platformio_package and os.environ.get(DOWNLOAD_VARIABLE)
    if not found and not downloads:
        raise ToolMissingError(
            f"{uploader.programs[0]} is not on PATH; flashing {board.id} needs it",
            f"Install it: {uploader.install}",
        )
    return board.upload


@contextlib.contextmanager
def upload_command(
    build: BuildResult, board: Board, port: str = "", probe: str = ""
) -> Iterator[tuple[list[str], dict[str, str]]]:
    """(command, environment) that do what `upload` does, for those who watch over it themselves.

    Nobody else builds there until the block ends. Raises what require_upload raises.
    """
    require_upload(board)
    environment = {**platformio_environment(), **({_PROBE_VARIABLE: probe} if probe else {})}
    with lock_project(build.project_dir), plain_folder(build.project_dir) as folder:
        yield [sys.executable, "-m", "platformio", *_arguments(folder, board, port)], environment


def _arguments(folder: Path, board: Board, port: str) -> list[str]:
    given = ["--upload-port", port] if port else []
    return ["run", "-d", str(folder), "-e", board.id, "-t", "upload", *given]


def upload(build: BuildResult, board: Board, port: str = "", probe: str = "") -> None:
    """Flash the firmware of `build` by `board`'s own protocol.

    `port` is for uploaders that use the serial line; `probe` is the serial number of one among
    several probes.

    Raises:
        UsageError: the board's file doesn't say how.
        ToolMissingError: the uploader isn't installed.
        DeviceError: it failed, or takes too long.
    """
    protocol = require_upload(board).protocol
    with lock_project(build.project_dir), plain_folder(build.project_dir) as folder:
        arguments = _arguments(folder, board, port)
        try:
            done = run_platformio(*arguments, variables={_PROBE_VARIABLE: probe} if probe else {})
        except BuildError as error:  # it takes too long
            raise DeviceError(
                f"flashing {board.id} by {protocol} takes for ever: {error.message}",
                "Is another program using the board, or its drive? Reset it, then try again.",
            ) from error
    if done.exit_code != 0:
        said = (done.stdout.partition(_BEFORE)[2] + _AFTER.sub("", done.stderr)).strip()
        lines = (said or done.output).splitlines()[-_SHOWN_LINES:]
        shown = "\n".join(line.strip() for line in lines)
        raise DeviceError(
            f"flashing {board.id} by {protocol} failed:\n{shown}",
            "Is the board connected and powered, and its [upload] in the board file right?",
        )
