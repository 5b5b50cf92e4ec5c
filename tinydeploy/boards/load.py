"""Reads board files: those that come with tinydeploy, and the user's own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import tomli

from tinydeploy.boards.board import Board
from tinydeploy.boards.rules import broken_rules, framework_rules
from tinydeploy.errors import BoardError, did_you_mean
from tinydeploy.resources import boards_dir, templates_dir
from tinydeploy.tables import TableReader
from tinydeploy.toolchains import TOOLCHAINS


@cache
def all_boards() -> tuple[Board, ...]:
    """Return every board that comes with tinydeploy, `host` first, then by id."""
    paths = sorted(boards_dir().glob("*.toml"), key=lambda path: (path.stem != "host", path.stem))
    return tuple(_read_board(path) for path in paths)


def load_board(name: str) -> Board:
    """Return the board with the id `name`, or the one in the file `name` (ending in .toml).

    Raises:
        BoardError: unknown id, unreadable file, or a file that breaks the schema.
    """
    if name.endswith(".toml"):
        return _read_board(Path(name))
    known = [path.stem for path in boards_dir().glob("*.toml")]
    if name not in known:
        raise BoardError(
            f"there is no board {name!r}",
            f"{did_you_mean(name, known)} `tinydeploy boards` lists all of them.",
        )
    return _read_board(boards_dir() / f"{name}.toml")


def _read_board(path: Path) -> Board:
    try:
        table = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BoardError(
            f"board file {path} can't be read: {error.strerror}",
            "Give the path of a board file, or an id from `tinydeploy boards`.",
        ) from error
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BoardError(
            f"board file {path} is no valid TOML: {error}", "docs/boards.md shows an example."
        ) from error
    if "id" in table:
        raise BoardError(f"board file {path}: unknown key 'id'", "The file's name is the id.")
    reader = TableReader(f"board file {path}", BoardError, "docs/boards.md explains each key.")
    board: Board = reader.read(Board, {**table, "id": path.stem}, "")
    _check(board, reader)
    return board


def _check(board: Board, reader: TableReader) -> None:
    for message in framework_rules(board):
        raise reader.fail(message)
    if board.framework is None and board.build.toolchain not in {t.id for t in TOOLCHAINS}:
        hint = did_you_mean(board.build.toolchain, [t.id for t in TOOLCHAINS])
        raise reader.fail(f"'build.toolchain' is {board.build.toolchain!r}", hint)
    for message in broken_rules(board):
        raise reader.fail(message)
    if board.framework is not None:
        return
    for source in board.build.hal:
        _check_template(reader, "build.hal", "hal", source)
    _check_template(reader, "build.linker_script", "project", board.build.linker_script)


def _check_template(reader: TableReader, key: str, folder: str, name: str) -> None:
    root = templates_dir() / folder
    known = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    if name not in known:
        raise reader.fail(f"'{key}': there is no {name!r} in {folder}/", did_you_mean(name, known))
