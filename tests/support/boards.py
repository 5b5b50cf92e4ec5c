"""Board files made from those that come with tinydeploy."""

from __future__ import annotations

from pathlib import Path

from tinydeploy.resources import boards_dir


def board_file(folder: Path, like: str, *tables: str, name: str = "mine") -> Path:
    """Write a copy of the board `like` with `tables` in front of its [memory]."""
    text = (boards_dir() / f"{like}.toml").read_text(encoding="utf-8")
    head, mark, rest = text.partition("[memory]")
    path = folder / f"{name}.toml"
    path.write_text("\n".join([head, *tables, mark + rest]), encoding="utf-8")
    return path
