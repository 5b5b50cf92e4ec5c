"""The commented tinydeploy.toml that `tinydeploy init` writes."""

from __future__ import annotations

import json
from pathlib import Path

from tinydeploy.codegen.jinja import render
from tinydeploy.errors import UsageError

_DELETE = "\x7f"


def project_file_text(model: Path | None, calibration: Path | None, board: str) -> str:
    """A project file for these choices; what was not chosen stands in it as a comment."""
    return render(
        "project/tinydeploy.toml.j2",
        model=_quoted(model),
        calibration=_quoted(calibration),
        board=_quoted(board),
    )


def _quoted(value: Path | str | None) -> str | None:
    """A TOML basic string: JSON's escapes of quotes and control characters are TOML's, too."""
    if value is None:
        return None
    if not _is_text(str(value)):
        raise UsageError(
            f"the name {str(value)!r} can't stand in a TOML file: it is no valid Unicode",
            "Rename the file.",
        )
    return json.dumps(str(value), ensure_ascii=False).replace(_DELETE, r"\u007f")


def _is_text(value: str) -> bool:
    """Whether it has no bytes that are no text: Python keeps them as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in value)
