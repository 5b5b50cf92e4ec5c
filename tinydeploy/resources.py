"""Where the data files lie that belong to the package: boards and firmware templates.

In a checkout they stand beside the package, where people look for them; in an installed
wheel they are in `tinydeploy/data`.
"""

from __future__ import annotations

from pathlib import Path

from tinydeploy.errors import InternalError

_PACKAGE = Path(__file__).resolve().parent


def boards_dir() -> Path:
    """Return the folder of the board files (`<board_id>.toml`)."""
    return _data_dir("boards")


def templates_dir() -> Path:
    """Return the folder of the C sources and Jinja templates."""
    return _data_dir("firmware_templates")


def _data_dir(name: str) -> Path:
    for parent in (_PACKAGE / "data", _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise InternalError(
        f"the folder {name} is missing beside {_PACKAGE}", "Install tinydeploy again."
    )
