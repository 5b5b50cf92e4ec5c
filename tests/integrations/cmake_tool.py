"""Runs CMake: the one on PATH, or that of the development tools."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def cmake(*arguments: str | Path) -> str:
    """Return what CMake said. Raises CalledProcessError."""
    done = subprocess.run(
        [_program(), *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "LC_ALL": "C"},
        timeout=300,
    )
    return done.stdout + done.stderr


def configure_and_build(source: Path, build: Path, *options: str) -> None:
    """Configure the project in `source`, warnings being errors, and build all of it."""
    cmake("-S", source, "-B", build, "-Werror=dev", "--warn-uninitialized", *options)
    cmake("--build", build)


def _program() -> str:
    found = shutil.which("cmake")
    if found is not None:
        return found
    import cmake as package  # noqa: PLC0415 - only where the system has none

    return str(Path(package.CMAKE_BIN_DIR) / "cmake")
