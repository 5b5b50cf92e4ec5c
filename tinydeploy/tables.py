"""Strict reading of TOML tables into frozen dataclasses."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

from tinydeploy.errors import TinydeployError, did_you_mean

_NAMES: dict[Any, str] = {
    str: "a string",
    int: "a whole number",
    float: "a number",
    Path: "a path",
}


class TableReader:
    """Turns a TOML table into a frozen dataclass: no key too many, none too few, right types.

    `where` names the file in messages, `error` is what is raised, `hint` where keys are explained.
    Paths are relative to `folder`. A field's key is its name, or the `key` of its metadata.
    """

    def __init__(
        self, where: str, error: type[TinydeployError], hint: str, folder: Path = Path()
    ) -> None:
        self.where = where
        self._error = error
        self._hint = hint
        self._folder = folder

    def fail(self, message: str, hint: str = "") -> TinydeployError:
        """Return the error that names the file."""
        return self._error(f"{self.where}: {message}", hint or self._hint)

    def read(self, cls: type[Any], table: Mapping[str, object], prefix: str) -> Any:
        """Return `table` as a `cls`; `prefix` leads to it in messages ("memory.")."""
        fields = {field.metadata.get("key", field.name): field for field in dataclasses.fields(cls)}
        for key in table:
            if key not in fields:
                raise self.fail(f"unknown key '{prefix}{key}'", did_you_mean(key, fields))
        hints = typing.get_type_hints(cls)
        values = {}
        for key, field in fields.items():
            if key in table:
                values[field.name] = self._convert(hints[field.name], table[key], prefix + key)
            elif field.default is field.default_factory is dataclasses.MISSING:
                raise self.fail(f"key '{prefix}{key}' is missing")
        return cls(**values)

    def _convert(self, kind: Any, value: object, where: str) -> object:
        if typing.get_origin(kind) in (types.UnionType, typing.Union):  # X | None: TOML has no null
            kind = next(k for k in typing.get_args(kind) if k is not types.NoneType)
        if dataclasses.is_dataclass(kind):
            return self.read(typing.cast("type", kind), self._table(value, where), where + ".")
        if typing.get_origin(kind) is Literal:
            return self._choice(typing.get_args(kind), value, where)
        if typing.get_origin(kind) is tuple:
            item, _ = typing.get_args(kind)
            return self._strings(value, where) if item is str else self._tables(item, value, where)
        if typing.get_origin(kind) is Mapping:
            table, (_, item) = self._table(value, where), typing.get_args(kind)
            values = {k: self._convert(item, v, f"{where}.{k}") for k, v in table.items()}
            return types.MappingProxyType(values)
        return self._scalar(kind, value, where)

    def _scalar(self, kind: Any, value: object, where: str) -> object:
        if kind is Path and isinstance(value, str) and value:
            return self._folder / value
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise self.fail(f"'{where}' is {value!r}, not {_NAMES[kind]}")
        return value

    def _table(self, value: object, where: str) -> Mapping[str, object]:
        if not isinstance(value, dict):
            raise self.fail(f"'{where}' is {value!r}, not a table")
        return value

    def _strings(self, value: object, where: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.fail(f"'{where}' is {value!r}, not a list of strings")
        return tuple(value)

    def _tables(self, kind: type[Any], value: object, where: str) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise self.fail(f"'{where}' is {value!r}, not a list of tables")
        return tuple(self._convert(kind, item, where) for item in value)

    def _choice(self, choices: Iterable[str], value: object, where: str) -> str:
        if not isinstance(value, str) or value not in choices:
            raise self.fail(f"'{where}' is {value!r}, not one of {', '.join(choices)}")
        return value
