"""The [[check]] tables of the project file: which pairs to check, and against what."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tinydeploy.boards import Board, load_board
from tinydeploy.config import PROJECT_FILE, Optimize, Project, Quantize
from tinydeploy.errors import UsageError, did_you_mean
from tinydeploy.gate.figures import FIGURES, Figure, figure, parse_share
from tinydeploy.tables import TableReader

DEFAULT_SAMPLES = 20
_HINT = "docs/ci.md explains each key."
_LIMITS = {f.name: f for f in FIGURES}


@dataclass(frozen=True, slots=True)
class Pair:
    """One model on one board, and what its figures may be."""

    model: Path
    model_name: str  # its path as seen from the project file, wherever that lies
    board: Board
    calibration: Path | None
    data: Path | None
    samples: int
    seed: int
    optimize: Optimize
    quantize: Quantize
    port: str | None
    when_absent: Literal["skip", "fail"]
    budget: Mapping[str, float]
    tolerance: Mapping[str, float]

    @property
    def name(self) -> str:
        """What tells this pair from all others; its key in the baseline."""
        return f"{self.model_name} on {self.board.id}, {self.variant}"

    @property
    def variant(self) -> str:
        """How the model is built."""
        numbers = "" if self.quantize is Quantize.INT8 else f", {self.quantize.value}"
        return f"{self.optimize.value}{numbers}"


@dataclass(frozen=True, slots=True)
class _Table:
    """One [[check]] but for `budget` and `tolerance`; what is left out is the project's."""

    model: str | None = None
    calibration: str | None = None
    boards: tuple[str, ...] = ()
    data: str | None = None
    samples: int | None = None
    seed: int | None = None
    optimize: Literal["speed", "size", "ram", "balanced"] | None = None
    quantize: Literal["int8", "int16x8"] | None = None
    ports: Mapping[str, str] = field(default_factory=dict)
    when_absent: Literal["skip", "fail"] = "fail"


def read_pairs(project: Project, file: Path | None) -> tuple[Pair, ...]:
    """Return every pair that the project file asks for. Raises UsageError, BoardError."""
    path = file or Path(PROJECT_FILE)
    tables: tuple[Mapping[str, Any], ...] = project.check or ({},)
    pairs = [
        pair
        for number, table in enumerate(tables, 1)
        for pair in _pairs(project, path, table, f"check {number}")
    ]
    for index, pair in enumerate(pairs):
        if any(pair.name == other.name for other in pairs[:index]):
            raise UsageError(
                f"project file {path}: {pair.name} is checked twice",
                "Each model, board and goal may stand in one [[check]] only.",
            )
    return tuple(pairs)


def _pairs(project: Project, path: Path, table: Mapping[str, Any], where: str) -> Iterator[Pair]:
    reader = TableReader(f"project file {path}: {where}", UsageError, _HINT)
    limits = {key: table.get(key, {}) for key in ("budget", "tolerance")}
    rest = {key: value for key, value in table.items() if key not in limits}
    own: _Table = reader.read(_Table, rest, "")
    model = path.parent / own.model if own.model else project.model
    if model is None:
        raise reader.fail("no model", f"Set `model` there, or at the top of {path.name}.")
    is_projects_model = model == project.model
    boards = own.boards or _as_written(project.board, path)
    if not boards:
        raise reader.fail("no board", f"Set `boards` there, or `board` at the top of {path.name}.")
    _require_known(reader, own.ports, boards, "ports")
    for key, value, least in (("samples", own.samples, 1), ("seed", own.seed, 0)):
        if value is not None and value < least:
            raise reader.fail(f"'{key}' is {value}, and must be {least} or more")
    budget = _limits(reader, limits["budget"], "budget", Figure.parse)
    if budget.get("mismatched_bytes"):
        raise reader.fail("'budget.mismatched_bytes' is not 0: outputs must be the reference's")
    tolerance = _limits(reader, limits["tolerance"], "tolerance", _tolerance)
    own_calibration = path.parent / own.calibration if own.calibration else None
    for name in boards:
        is_file = name.endswith(".toml")
        yield Pair(
            model=model,
            model_name=Path(os.path.relpath(model, path.parent)).as_posix(),
            board=load_board(str(path.parent / name) if is_file else name),
            calibration=own_calibration or (project.calibration if is_projects_model else None),
            data=path.parent / own.data if own.data else None,
            samples=_first(own.samples, project.samples, DEFAULT_SAMPLES),
            seed=_first(own.seed, project.seed, 0),
            optimize=Optimize(own.optimize) if own.optimize else project.optimize or _BALANCED,
            quantize=_quantize(own, project if is_projects_model else Project()),
            port=own.ports.get(name),
            when_absent=own.when_absent,
            budget=budget,
            tolerance=tolerance,
        )


_BALANCED = Optimize.BALANCED


def _quantize(own: _Table, project: Project) -> Quantize:
    return Quantize(own.quantize) if own.quantize else project.quantize or Quantize.INT8


def _as_written(board: str | None, path: Path) -> tuple[str, ...]:
    """The project's board as its file `path` names it: a board file relative to that."""
    if board is None:
        return ()
    is_file = board.endswith(".toml")
    return (Path(os.path.relpath(board, path.parent)).as_posix() if is_file else board,)


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)


def _tolerance(_figure: Figure, text: object, where: str) -> float:
    return parse_share(text, where)


def _limits(reader: TableReader, table: object, key: str, parse: Any) -> dict[str, float]:
    """Figures of the table `budget` or `tolerance` as numbers."""
    if not isinstance(table, dict):
        raise reader.fail(f"'{key}' is {table!r}, not a table")
    _require_known(reader, table, _LIMITS, key)
    return {
        name: parse(figure(name), value, f"{reader.where}, {key}.{name}")
        for name, value in table.items()
    }


def _require_known(reader: TableReader, table: Mapping[str, object], known: Any, key: str) -> None:
    for name in table:
        if name not in known:
            raise reader.fail(f"unknown key '{key}.{name}'", did_you_mean(name, known))
