"""The commented tinydeploy.toml that `tinydeploy init` writes."""

from __future__ import annotations

import json
from pathlib import Path

from tinydeploy.codegen.jinja import render


def project_file_text(model: Path | None, calibration: Path | None, board: str) -> str:
    """A project file for these choices; what was not chosen stands in it as a comment."""
    return render(
        "project/tinydeploy.toml.j2",
        model=_quoted(model),
        calibration=_quoted(calibration),
        board=_quoted(board),
    )


def _quoted(value: Path | str | None) -> str | None:
    """A TOML basic string: JSON's escapes are a subset of TOML's."""
    return None if value is None else json.dumps(str(value))
