"""A model library made by hand: the device side is tested with it, apart from real models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.support.shared import shared_folder
from tinydeploy.boards import Board
from tinydeploy.codegen.project import generate_project
from tinydeploy.device.platformio import BuildResult, build

_FOLDER = Path(__file__).parent / "dummy_model"
DATA_BYTES = 700
WEIGHTS_BYTES = 1024
MISHAP_TRAP = 1
MISHAP_RESTART = 2


@dataclass(frozen=True, slots=True)
class DummyLibrary:
    files: Mapping[str, str]
    digest: str = "00112233445566778899aabbccddeeff"


def dummy_library() -> DummyLibrary:
    names = ("model.h", "model.c")
    return DummyLibrary({name: (_FOLDER / name).read_text(encoding="utf-8") for name in names})


def build_dummy(board: Board, folder: Path) -> BuildResult:
    generate_project(dummy_library(), board, "dummy").write(folder)
    return build(folder, board)


def shared_dummy(factory: pytest.TempPathFactory, board: Board) -> BuildResult:
    """Build it once in a test session, for all of its processes: a build takes seconds."""
    folder = shared_folder(factory, f"dummy-{board.id}")
    with FileLock(folder / ".lock"):
        return build_dummy(board, folder / "p")


def inputs(stack_bytes: int = 0, loops: int = 0, mishap: int = 0) -> tuple[bytes, bytes]:
    data = bytes(i * 7 % 256 for i in range(DATA_BYTES))
    return data, b"".join(v.to_bytes(4, "little") for v in (stack_bytes, loops, mishap))


def outputs(stack_bytes: int = 0, loops: int = 0, mishap: int = 0) -> tuple[bytes, bytes]:
    data, control = inputs(stack_bytes, loops, mishap)
    return bytes(b ^ 0x55 for b in data), control
