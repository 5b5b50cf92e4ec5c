"""Boards of a vendor's framework: the project is PlatformIO's, and our sources in it are sound."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from platformio.project.config import ProjectConfig

from tests.support.dummy import dummy_library
from tinydeploy.boards import Board, all_boards
from tinydeploy.codegen.framework_project import MODEL_FOLDER
from tinydeploy.codegen.project import Firmware, generate_project
from tinydeploy.config import Optimize
from tinydeploy.frameworks import FRAMEWORKS

BOARDS = [board for board in all_boards() if board.framework]
GOLDEN = Path(__file__).parent / "golden"
HEADERS = Path(__file__).parent / "framework_headers"
WARNINGS = ("-Wall", "-Wextra", "-Werror", "-Wconversion")
COMPILERS = {
    ".c": ("arm-none-eabi-gcc", "-std=gnu17"),
    ".cpp": ("arm-none-eabi-g++", "-std=gnu++14", "-fno-exceptions"),
}


def project(board: Board, goal: Optimize = Optimize.BALANCED) -> Firmware:
    return generate_project(dummy_library(), board, "kws", goal)


def build_files(firmware: Firmware) -> str:
    """All that isn't C, but README.md (whose digest changes with every line of the runtime)."""
    shown = {p: t for p, t in firmware.files.items() if not p.endswith((".c", ".h", ".cpp", ".md"))}
    return "".join(f"--- {path}\n{text}" for path, text in shown.items())


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.id)
def test_project_is_the_golden_one_and_platformio_reads_it(board: Board, tmp_path: Path) -> None:
    assert board.framework
    firmware = project(board)
    firmware.write(tmp_path / "p")
    config = ProjectConfig(str(tmp_path / "p" / "platformio.ini"))
    config.validate()
    assert config.envs() == config.default_envs() == [board.id]
    options = config.items(env=board.id, as_dict=True)
    assert options["platform"] == board.framework.platform
    assert options["board"] == board.framework.board
    assert options["framework"] == [board.framework.name]
    assert options["monitor_speed"] == board.serial.baud
    golden = (GOLDEN / f"{board.id}.txt").read_text(encoding="utf-8")
    assert build_files(firmware) == golden
    assert firmware.digest in firmware.files["README.md"]
    assert f"src/hal/{board.vendor.hal}" in firmware.files


def test_golden_files_are_those_of_the_boards() -> None:
    assert {path.stem for path in GOLDEN.glob("*.txt")} == {board.id for board in BOARDS}
    assert {board.framework.name for board in BOARDS if board.framework} == {
        framework.name for framework in FRAMEWORKS
    }


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_smaller_code_is_asked_of_each_framework(framework: object) -> None:
    board = next(board for board in BOARDS if board.vendor is framework)
    assert build_files(project(board)) != build_files(project(board, Optimize.SIZE))


@pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda framework: framework.name)
def test_sources_compile_with_a_stand_in_for_the_framework(
    framework: object, tmp_path: Path
) -> None:
    board = next(board for board in BOARDS if board.vendor is framework)
    files = project(board).files
    project(board).write(tmp_path / "p")
    folders = {str(Path(path).parent) for path in files if path.endswith(".h")}
    includes = [f"-I{folder}" for folder in sorted(folders)]
    includes += ["-isystem", str(HEADERS / board.vendor.name)]
    for ending, compiler in COMPILERS.items():
        sources = [p for p in files if p.endswith(ending) and not p.startswith(MODEL_FOLDER)]
        if sources:
            command = [*compiler, *WARNINGS, "-fsyntax-only", *includes, *sources]
            done = subprocess.run(
                command, cwd=tmp_path / "p", capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr


def write_golden() -> None:
    """Take today's projects as the right ones: run this module."""
    for board in BOARDS:
        (GOLDEN / f"{board.id}.txt").write_text(build_files(project(board)), encoding="utf-8")


if __name__ == "__main__":
    write_golden()
