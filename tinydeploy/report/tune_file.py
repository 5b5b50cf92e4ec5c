"""The file in which `tinydeploy tune` keeps its winners, and from which `build` takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinydeploy import __version__
from tinydeploy.errors import UsageError
from tinydeploy.report.files import write_json

TUNE_FILE = "tinydeploy.tune.json"
_SCHEMA_VERSION = 1
_HINT = "Delete it: `tinydeploy tune` writes a new one."


def check_tune_file(path: Path) -> None:
    """Raise UsageError where winners can't be added to it."""
    _read(path)


def read_winners(path: Path, model_digest: str, board: str, goal: str) -> dict[str, str]:
    """{layer: kernel} for this model, board and goal, or nothing. Raises UsageError."""
    entry = _read(path).get(_key(model_digest, board, goal), {})
    if entry.get("tinydeploy") != __version__:
        return {}
    layers = entry.get("layers")
    if not isinstance(layers, dict) or not all(isinstance(v, str) for v in layers.values()):
        raise UsageError(f"{path} is damaged", _HINT)
    return layers


def write_winners(
    path: Path, model_digest: str, board: str, goal: str, layers: Mapping[str, str]
) -> None:
    """Add or replace the entry of this model, board and goal. Raises OutputError, UsageError."""
    entries = _read(path)
    entries[_key(model_digest, board, goal)] = {
        "tinydeploy": __version__,
        "layers": dict(layers),
    }
    write_json(path, {"schema": _SCHEMA_VERSION, "entries": dict(sorted(entries.items()))})


def _key(model_digest: str, board: str, goal: str) -> str:
    return f"{model_digest} {board} {goal}"


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}", _HINT) from None
    except ValueError:
        raise UsageError(f"{path} is not valid JSON", _HINT) from None
    entries = content.get("entries") if isinstance(content, dict) else None
    sound = isinstance(entries, dict) and all(isinstance(e, dict) for e in entries.values())
    if not sound or content.get("schema") != _SCHEMA_VERSION:
        raise UsageError(f"{path} is not a file of `tinydeploy tune`", _HINT)
    return dict(entries or {})
