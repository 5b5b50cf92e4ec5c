"""What the results of a search depend on beside what was asked for: tools and their versions."""

from __future__ import annotations

import hashlib
from pathlib import Path

import tinydeploy
from tinydeploy.boards import Board
from tinydeploy.device.platformio import compiler_identity, find_compiler
from tinydeploy.report.versions import tool_versions
from tinydeploy.resources import templates_dir


def results_identity(board: Board) -> str:
    """Return a text that changes with tinydeploy's own files, its packages or the compiler.

    What was trained or measured with others is not to be mixed with new results.
    """
    compiler = compiler_identity(find_compiler(board) or "")
    return f"{_sources_digest()} {tool_versions()} {compiler}"


def _sources_digest() -> str:
    digest = hashlib.sha256()
    for folder in (Path(tinydeploy.__file__).parent, templates_dir()):
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix != ".pyc":
                digest.update(file.relative_to(folder).as_posix().encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
