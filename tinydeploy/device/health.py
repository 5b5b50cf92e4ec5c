"""What this machine has of what the boards need."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

from tinydeploy.boards import Board, all_boards

_VERSION_TIMEOUT_S = 10
_REFERENCES = ("ai-edge-litert", "tflite-runtime", "tensorflow")


@dataclass(frozen=True, slots=True)
class Finding:
    """One tool: its version when it is there, how to install it when it isn't."""

    tool: str
    version: str
    needed_for: str
    install: str

    @property
    def present(self) -> bool:
        return bool(self.version)

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "present": self.present}


def check_machine() -> tuple[Finding, ...]:
    """Look for every compiler, emulator, uploader and package that some board or command needs."""
    boards = all_boards()
    return (*_packages(), *_compilers(boards), *_emulators(boards), *uploaders(boards))


def _packages() -> Iterator[Finding]:
    yield _package(("tensorflow",), "Keras models and SavedModels")
    yield _package(_REFERENCES, "the reference on the host (run, verify)")
    yield _package(("platformio",), "every build")
    yield _package(("scons",), "every build without network")


def _package(names: tuple[str, ...], needed_for: str) -> Finding:
    for name in names:
        try:
            return Finding(name, metadata.version(name), needed_for, "")
        except metadata.PackageNotFoundError:
            continue
    return Finding(names[0], "", needed_for, f"pip install {names[0]}")


def _compilers(boards: tuple[Board, ...]) -> Iterator[Finding]:
    for toolchain in dict.fromkeys(b.toolchain for b in boards if not b.framework):
        users = [board.id for board in boards if board.toolchain == toolchain]
        program = next((c for c in toolchain.compilers if shutil.which(c)), None)
        yield Finding(
            program or toolchain.compilers[0],
            _first_line(program, "--version") if program else "",
            ", ".join(users),
            "" if program else f"sudo apt-get install {toolchain.apt_packages}",
        )


def _emulators(boards: tuple[Board, ...]) -> Iterator[Finding]:
    emulated = [(board, board.emulator) for board in boards if board.emulator]
    for name in dict.fromkeys(e.program for _, e in emulated if e.apt_packages):
        users = [board.id for board, e in emulated if e.program == name]
        package = next(e.apt_packages for _, e in emulated if e.program == name)
        found = shutil.which(name)
        yield Finding(
            name,
            _first_line(name, "--version") if found else "",
            ", ".join(users),
            "" if found else f"sudo apt-get install {package}",
        )


def uploaders(boards: Iterable[Board]) -> Iterator[Finding]:
    """Yield the programs that flash `boards`."""
    flashed = [(board, board.upload.uploader) for board in boards if board.upload]
    for uploader in dict.fromkeys(u for _, u in flashed if u.programs):
        users = [board.id for board, u in flashed if u == uploader]
        found = next(filter(shutil.which, uploader.programs), None)
        yield Finding(
            found or uploader.programs[0],
            "present" if found else "",
            f"flashing {', '.join(users)}",
            "" if found else uploader.install,
        )


def _first_line(program: str, argument: str) -> str:
    """The first line of the program's version text, or "present" where it has none."""
    try:
        answer = subprocess.run(
            [program, argument],
            capture_output=True,
            text=True,
            timeout=_VERSION_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return "present"
    return next(iter(answer.stdout.splitlines()), "present")
