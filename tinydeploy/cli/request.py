"""What the user asked for: the command line, then the project file, then the defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tinydeploy.boards import Board, load_board
from tinydeploy.codegen.names import identifier
from tinydeploy.config import PROJECT_FILE, Optimize, Project, Quantize, read_project
from tinydeploy.errors import UsageError
from tinydeploy.plan.kernels import Choices

T = TypeVar("T")

DEFAULT_SEED = 0


@dataclass(frozen=True, slots=True)
class Request:
    """One model on one board."""

    model: Path
    board: Board
    board_source: str
    """Its id, or the path of its file, for another process to load it."""
    project: Project
    is_projects_model: bool
    calibration: Path | None
    output: Path
    samples: int | None
    seed: int
    choices: Choices
    quantize: Quantize


def make_request(
    project_file: Path | None,
    model: Path | None,
    board: str | None,
    calibration: Path | None = None,
    output: Path | None = None,
    samples: int | None = None,
    seed: int | None = None,
    optimize: Optimize | None = None,
    quantize: Quantize | None = None,
) -> Request:
    """Merge command line and project file. Raises UsageError where something is missing."""
    project = read_project(project_file)
    chosen_model = chosen(model, project.model, "model", "MODEL")
    board_source = chosen(board, project.board, "board", "--board ID")
    chosen_board = load_board(board_source)
    is_projects_model = model is None or model == project.model
    return Request(
        model=chosen_model,
        board=chosen_board,
        board_source=board_source,
        project=project,
        is_projects_model=is_projects_model,
        calibration=calibration or (project.calibration if is_projects_model else None),
        output=output or _output(project, chosen_model, chosen_board),
        samples=samples if samples is not None else project.samples,
        choices=Choices(optimize or project.optimize or Optimize.BALANCED),
        quantize=quantize or (is_projects_model and project.quantize) or Quantize.INT8,
        seed=next(s for s in (seed, project.seed, DEFAULT_SEED) if s is not None),
    )


def chosen(given: T | None, from_project: T | None, key: str, argument: str) -> T:
    """The command line's value, else the project file's. Raises UsageError without either."""
    value = given if given is not None else from_project
    if value is None:
        raise UsageError(
            f"no {key} was given", f"Give {argument}, or set `{key}` in {PROJECT_FILE}."
        )
    return value


def _output(project: Project, model: Path, board: Board) -> Path:
    if project.output is not None:
        return project.output / board.id
    return Path("build") / identifier(model.stem) / board.id
