"""A pytest plugin: the fixture `tinydeploy_board` runs a model on a board or its emulator.

Every pytest in the environment loads this module, so it imports nothing heavy before it is used.
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import pytest

if TYPE_CHECKING:
    from tinydeploy.errors import TinydeployError
    from tinydeploy.running_model import RunningModel

WhenAbsent = Literal["fail", "skip"]

_PORT = re.compile(r"([a-z][a-z0-9_]*)=(.+)")
_DEFAULT_OUTPUT = Path("build") / "pytest"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("tinydeploy", "models on boards (tinydeploy)")
    group.addoption(
        "--tinydeploy-port",
        action="append",
        default=[],
        type=_named_port,
        metavar="BOARD=PORT",
        help="serial port of a real board, as pyserial names it; may be repeated",
    )
    group.addoption(
        "--tinydeploy-when-absent",
        choices=("fail", "skip"),
        default="fail",
        help="what becomes of a test whose board or emulator isn't here (default: fail)",
    )
    group.addoption(
        "--tinydeploy-output",
        type=Path,
        default=_DEFAULT_OUTPUT,
        metavar="DIR",
        help=f"where firmware is built, from pytest's root (default: {_DEFAULT_OUTPUT})",
    )


def _named_port(text: str) -> tuple[str, str]:
    found = _PORT.fullmatch(text)
    if found is None:
        raise pytest.UsageError(f"--tinydeploy-port takes BOARD=PORT, not {text!r}")
    return found[1], found[2]


class BoardFactory:
    """Gives models on boards; each is built and started once, and stays for the whole session."""

    def __init__(self, config: pytest.Config, stack: ExitStack) -> None:
        self._root = config.rootpath
        self._output: Path = config.rootpath / config.getoption("tinydeploy_output")
        self._ports: dict[str, str] = dict(config.getoption("tinydeploy_port"))
        self._when_absent: WhenAbsent = config.getoption("tinydeploy_when_absent")
        self._stack = stack
        self._running: dict[tuple[object, ...], RunningModel] = {}

    def __call__(
        self,
        model: str | Path,
        board: str,
        port: str | None = None,
        optimize: str = "balanced",
        calibration: str | Path | None = None,
        when_absent: WhenAbsent | None = None,
    ) -> RunningModel:
        """Return `model` running on `board` (an id or a board file), ready for `invoke`.

        Paths are relative to pytest's root. `port` and `when_absent` default to the options of
        the command line. What can't be built or started fails the test with one message.
        """
        from tinydeploy.errors import AbsentError, TinydeployError  # noqa: PLC0415

        try:
            return self._get(model, board, port, optimize, calibration)
        except AbsentError as error:
            end = pytest.skip if (when_absent or self._when_absent) == "skip" else _fail
            end(_text(error))
        except TinydeployError as error:
            _fail(_text(error))

    def _get(
        self,
        model: str | Path,
        board_name: str,
        port: str | None,
        optimize: str,
        calibration: str | Path | None,
    ) -> RunningModel:
        from tinydeploy.boards import load_board  # noqa: PLC0415
        from tinydeploy.config import parse_goal  # noqa: PLC0415
        from tinydeploy.running_model import run_model  # noqa: PLC0415

        is_file = board_name.endswith(".toml")
        board = load_board(str(self._root / board_name) if is_file else board_name)
        port = port or self._ports.get(board.id)
        path = self._root / model
        data = None if calibration is None else self._root / calibration
        key = (path, board_name, port, optimize, data)
        if key not in self._running:
            goal, folder = (
                parse_goal(optimize, "optimize"),
                self._folder(path, board_name, optimize),
            )
            running = run_model(path, board, folder, port, goal, data)
            self._running[key] = self._stack.enter_context(running)
        return self._running[key]

    def _folder(self, model: Path, board_name: str, optimize: str) -> Path:
        """A folder of this model, board and goal; each process of pytest-xdist has its own."""
        from tinydeploy.codegen.names import identifier  # noqa: PLC0415

        worker = os.environ.get("PYTEST_XDIST_WORKER", "")
        relative = os.fsencode(os.path.relpath(model, self._root))
        name = f"{identifier(model.stem)}_{zlib.crc32(relative):08x}"
        return self._output / worker / name / identifier(board_name) / optimize


def _fail(reason: str) -> NoReturn:
    pytest.fail(reason, pytrace=False)


def _text(error: TinydeployError) -> str:
    return f"{error.message}\n  {error.hint}".rstrip()


@pytest.fixture(scope="session")
def tinydeploy_board(pytestconfig: pytest.Config) -> Iterator[BoardFactory]:
    """Call it with a model and a board; see BoardFactory.__call__."""
    with ExitStack() as stack:
        yield BoardFactory(pytestconfig, stack)
