"""What a project for a vendor framework has besides runtime and HAL: a plain PlatformIO project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath

from tinydeploy import __version__
from tinydeploy.boards import Board
from tinydeploy.codegen.jinja import render
from tinydeploy.config import Optimize

MODEL_FOLDER = "src/model"
_FOLDER = "project/framework"
_COMPILED = (".c", ".cpp", ".S")


def framework_files(
    board: Board, name: str, goal: Optimize, sources: Iterable[str]
) -> Mapping[str, str]:
    """Return platformio.ini and the framework's own build files.

    `sources` are the paths of all files below src/; those that are compiled are listed by name.
    """
    inside = [str(PurePosixPath(path).relative_to("src")) for path in sorted(sources)]
    folders = {str(PurePosixPath(path).parent) for path in inside if path.endswith(".h")} | {"."}
    values = {
        "board": board,
        "name": name,
        "optimization": "-Os" if goal is Optimize.SIZE else "-O2",
        "sources": [path for path in inside if path.endswith(_COMPILED)],
        "include_dirs": sorted(folder.removeprefix(".") for folder in folders),
    }
    files = (("platformio.ini", "platformio.ini.j2"), *board.vendor.files)
    return {path: render(f"{_FOLDER}/{template}", **values) for path, template in files}


def framework_readme(board: Board, name: str, digest: str) -> str:
    """Return the project's README.md."""
    values = {"board": board, "name": name, "digest": digest, "version": __version__}
    return render(f"{_FOLDER}/README.md.j2", **values)
