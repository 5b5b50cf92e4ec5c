"""A folder whose path the build tools can bear.

SCons expands `$`, hands its commands to a shell, and splits some paths at spaces and colons: a
project in a folder called `it's $5` would not build, or would run what the name says.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tinydeploy.errors import OutputError

_PLAIN = frozenset("/_-+.,@~ ")
_BUILD_FOLDER = ".pio"


@contextlib.contextmanager
def plain_folder(project_dir: Path) -> Iterator[Path]:
    """Give `project_dir` itself, or where its path is unusual a copy of it for the time being.

    Raises OutputError where the folder for temporary files has an unusual path as well.
    """
    if _is_plain(project_dir):
        yield project_dir
        return
    with tempfile.TemporaryDirectory(prefix="tinydeploy-") as folder:
        copy = Path(folder).resolve() / "project"
        if not _is_plain(copy):
            raise OutputError(
                f"neither {project_dir} nor {folder} is a path that PlatformIO can build in",
                "Choose a folder with -o whose path has only letters, digits, spaces and /_-+.,@~",
            )
        shutil.copytree(project_dir, copy, ignore=shutil.ignore_patterns(_BUILD_FOLDER))
        yield copy


def _is_plain(path: Path) -> bool:
    return all(c.isalnum() or c in _PLAIN for c in str(path))
