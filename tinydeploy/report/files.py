"""Writes files whole or not at all; pipes and devices as they are."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydeploy.errors import OutputError


def write_json(path: Path, report: Mapping[str, Any]) -> None:
    """Write `report` to `path`. Raises OutputError; an older file stays as it was then."""
    write_text(path, json.dumps(report, indent=2, ensure_ascii=True) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace the file `path` by `text` in one step. Raises OutputError."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Replace the file `path`, or where it leads, by `content` in one step. Raises OutputError."""
    temporary: Path | None = None
    if path.is_dir():
        raise OutputError(f"{path} is a folder, not a file", "Give the name of a file in it.")
    try:
        if path.exists() and not path.is_file():
            with path.open("wb") as device:  # /dev/stdout, a pipe
                device.write(content)
            return
        path = path.resolve()
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=".tinydeploy-", delete=False
        ) as file:
            temporary = Path(file.name)
            file.write(content)
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} can't be written: {error.strerror or error}",
            "Give another place, or make room.",
        ) from None
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
