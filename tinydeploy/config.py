"""The project file tinydeploy.toml: what the command line would otherwise repeat."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import tomli

from tinydeploy.errors import UsageError, did_you_mean

PROJECT_FILE = "tinydeploy.toml"
E = TypeVar("E", bound=Enum)


class Optimize(Enum):
    """What to spend and what to save."""

    SPEED = "speed"
    SIZE = "size"
    RAM = "ram"
    BALANCED = "balanced"


class Quantize(Enum):
    """The numbers that a float model is turned into: those of activations (x those of weights)."""

    INT8 = "int8"
    INT16X8 = "int16x8"


@dataclass(frozen=True, slots=True)
class Project:
    """The keys of tinydeploy.toml. Paths in the file are relative to the file."""

    model: Path | None = None
    calibration: Path | None = None
    board: str | None = None
    output: Path | None = None
    samples: int | None = None
    seed: int | None = None
    optimize: Optimize | None = None
    quantize: Quantize | None = None
    baseline: Path | None = None
    check: tuple[Mapping[str, Any], ...] = ()
    """The [[check]] tables as they stand there; `tinydeploy check` reads them."""
    compress: Mapping[str, Any] = field(default_factory=dict)
    """The [compress] table as it stands there; `tinydeploy compress` reads it."""


_CHOICES: Mapping[str, type[Enum]] = {"optimize": Optimize, "quantize": Quantize}


def read_project(path: Path | None) -> Project:
    """Read `path`, or ./tinydeploy.toml where there is one. Raises UsageError."""
    if path is None:
        path = Path(PROJECT_FILE)
        if not path.is_file():
            return Project()
    try:
        table = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"project file {path} can't be read: {error.strerror}",
            "`tinydeploy init` writes one to start from.",
        ) from None
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"project file {path} is not valid TOML: {error}",
            "`tinydeploy init` writes one to start from.",
        ) from None
    return Project(**{key: _value(path, key, value) for key, value in table.items()})


def _value(path: Path, key: str, value: Any) -> Any:
    kinds = {one.name: str(one.type) for one in fields(Project)}
    if key not in kinds:
        raise UsageError(
            f'project file {path} has an unknown key "{key}"', did_you_mean(key, kinds)
        )
    if key in _READ_ELSEWHERE:
        return _READ_ELSEWHERE[key](path, value)
    if key in _CHOICES:
        return _choice(_CHOICES[key], value, f"project file {path}: {key}")
    if "int" in kinds[key]:
        least = 1 if key == "samples" else 0
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise UsageError(
                f"project file {path}: {key} must be a whole number from {least} on, not {value!r}"
            )
        return value
    if not isinstance(value, str) or not value:
        raise UsageError(f"project file {path}: {key} must be a text, not {value!r}")
    is_board_file = key == "board" and value.endswith(".toml")
    if "Path" in kinds[key]:
        return path.parent / value
    return str(path.parent / value) if is_board_file else value


def _tables(path: Path, value: Any) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise UsageError(f"project file {path}: check must be written [[check]], a list of tables")
    return tuple(value)


def _table(path: Path, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UsageError(f"project file {path}: compress must be written [compress], one table")
    return value


_READ_ELSEWHERE: Mapping[str, Callable[[Path, Any], Any]] = {"check": _tables, "compress": _table}


def parse_goal(value: Any, where: str) -> Optimize:
    """Return the goal named `value`. Raises UsageError, which says `where` it stands."""
    return _choice(Optimize, value, where)


def _choice(kind: type[E], value: Any, where: str) -> E:
    names = [choice.value for choice in kind]
    if value not in names:
        raise UsageError(f"{where} must be one of {', '.join(names)}, not {value!r}")
    return kind(value)
