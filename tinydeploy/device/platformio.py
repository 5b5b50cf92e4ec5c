"""Building a generated project with PlatformIO."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinydeploy.boards import Board
from tinydeploy.codegen.writer import MANIFEST
from tinydeploy.device.plain_folder import plain_folder
from tinydeploy.device.platformio_core import run_platformio
from tinydeploy.device.vendor_platform import require_platform, vendor_environment
from tinydeploy.errors import (
    BuildError,
    DoesNotFitError,
    OutputError,
    TinydeployError,
    ToolMissingError,
)

_DIGEST = re.compile(r'#define TDRT_FIRMWARE_DIGEST "([0-9a-f]+)"')
_OVERFLOW = re.compile(r"region [`'](\w+)' overflowed by (\d+) bytes")
_SHOWN_ERRORS = 5
_RECORD = "tinydeploy-build.json"
"""Set to let PlatformIO download a missing compiler from its registry."""
DOWNLOAD_VARIABLE = "TINYDEPLOY_DOWNLOAD_TOOLCHAIN"


@dataclass(frozen=True, slots=True)
class BuildResult:
    """A built firmware; `digest` is what it reports of itself. `fresh`: compiled just now."""

    project_dir: Path
    elf: Path
    bin: Path
    digest: str
    fresh: bool


def build(project_dir: Path, board: Board) -> BuildResult:
    """Build the project in `project_dir` for `board`; nothing is done when nothing changed.

    Raises:
        ToolMissingError: no compiler, no PlatformIO, or not the platform of a vendor's framework.
        BuildError: the compiler or linker failed.
        DoesNotFitError: the linker says that a memory region is too small.
        OutputError: the folder can't be written.
    """
    compiler = require_tools(board)
    if board.framework:
        require_platform(board.framework, project_dir)
    try:
        with lock_project(project_dir):
            return _build_locked(project_dir.resolve(), board, compiler)
    except OSError as error:
        raise OutputError(
            f"can't build in {error.filename or project_dir}: {error.strerror}",
            "Choose another folder with -o, or make room there.",
        ) from error


def require_tools(board: Board) -> str:
    """Return the path of the board's compiler ("": PlatformIO downloads it).

    Raises:
        ToolMissingError: no compiler, no PlatformIO or no SCons.
    """
    for package, program in (("platformio", "PlatformIO"), ("SCons", "SCons")):
        if importlib.util.find_spec(package) is None:
            raise ToolMissingError(
                f"{program} isn't installed in this Python environment; every build needs it",
                f"Install it with: {sys.executable} -m pip install {package.lower()}",
            )
    return "" if board.framework else _find_compiler(board)


def find_compiler(board: Board) -> str | None:
    """Return the path of the board's compiler; None: it isn't installed."""
    return next((path for c in board.toolchain.compilers if (path := shutil.which(c))), None)


def _find_compiler(board: Board) -> str:
    found = find_compiler(board)
    if found is None and os.environ.get(DOWNLOAD_VARIABLE):
        return ""
    if found is None:
        raise ToolMissingError(
            f"the compiler {board.toolchain.compilers[0]} is not on PATH; {board.id} needs it",
            board.toolchain.install_hint
            + f" (or set {DOWNLOAD_VARIABLE}=1 to let PlatformIO download it)",
        )
    return found


def _build_locked(project_dir: Path, board: Board, compiler: str) -> BuildResult:
    result = BuildResult(
        project_dir,
        project_dir / "firmware.elf",
        project_dir / "firmware.bin",
        _read_digest(project_dir),
        fresh=True,
    )
    inputs = _inputs_digest(project_dir, compiler)
    if _is_current(project_dir, inputs):
        return BuildResult(project_dir, result.elf, result.bin, result.digest, fresh=False)
    for stale in (result.elf, result.bin):
        stale.unlink(missing_ok=True)
    with plain_folder(project_dir) as folder:
        _compile(folder, board, project_dir)
        made = folder / ".pio" / "build" / board.id
        for target in (result.elf, result.bin):
            # A vendor's framework may make another image than a .bin, for its own uploader.
            if not board.framework or (made / target.name).exists():
                _copy(made / target.name, target)
    if _inputs_digest(project_dir, compiler) != inputs:
        raise BuildError(
            f"the project in {project_dir} was changed while it was built",
            "Another tinydeploy works in this folder: give each its own with -o.",
        )
    _write_record(project_dir, inputs)
    return result


@contextlib.contextmanager
def lock_project(project_dir: Path) -> Iterator[None]:
    """Let one build or upload at a time work in `project_dir`."""
    (project_dir / ".pio").mkdir(exist_ok=True)
    with (project_dir / ".pio" / "tinydeploy.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- is there anything to do? --------------------------------------------------------------


def _read_digest(project_dir: Path) -> str:
    try:
        found = _DIGEST.search((project_dir / "src" / "tdrt_build.h").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        found = None
    if found is None:
        raise BuildError(f"{project_dir} holds no project of tinydeploy", "Generate it again.")
    return found[1]


def _inputs_digest(project_dir: Path, compiler: str) -> str:
    """Return a digest of all that the firmware depends on: sources, build scripts, compiler."""
    total = hashlib.sha256(compiler_identity(compiler).encode())
    manifest = json.loads((project_dir / MANIFEST).read_text(encoding="utf-8"))
    for path in manifest["files"]:
        total.update(f"\0{path}\0".encode() + (project_dir / path).read_bytes())
    return total.hexdigest()


def compiler_identity(compiler: str) -> str:
    """Return what changes when the compiler is upgraded, without running it."""
    if not compiler:
        return "downloaded"
    status = Path(compiler).resolve().stat()
    return f"{compiler} {status.st_size} {status.st_mtime_ns}"


def _is_current(project_dir: Path, inputs: str) -> bool:
    try:
        record = json.loads((project_dir / ".pio" / _RECORD).read_text(encoding="utf-8"))
        return bool(record == _record(project_dir, inputs))
    except (OSError, ValueError):
        return False


def _record(project_dir: Path, inputs: str) -> dict[str, str]:
    names = ("firmware.elf", "firmware.bin")
    files = [project_dir / name for name in names if (project_dir / name).exists()]
    made = {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in files}
    return {"inputs": inputs, **made}


def _write_record(project_dir: Path, inputs: str) -> None:
    text = json.dumps(_record(project_dir, inputs), indent=1)
    (project_dir / ".pio" / _RECORD).write_text(text + "\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.new")
    shutil.copy2(source, temporary)
    temporary.replace(target)


# --- running PlatformIO --------------------------------------------------------------------


def _compile(folder: Path, board: Board, project_dir: Path) -> None:
    """Build in `folder`; messages name `project_dir`."""
    variables = vendor_environment() if board.framework else {}
    done = run_platformio("run", "-d", str(folder), "-e", board.id, variables=variables)
    if done.exit_code != 0:
        raise _build_error(project_dir, board, done.output)


def _build_error(project_dir: Path, board: Board, output: str) -> TinydeployError:
    if "No space left on device" in output:
        return OutputError(f"can't build in {project_dir}: the disk is full", "Make room there.")
    overflows = _OVERFLOW.findall(output)
    if overflows:
        text = ", ".join(f"{region} by {count} bytes" for region, count in sorted(set(overflows)))
        return DoesNotFitError(
            f"the firmware exceeds the memory of {board.id}: {text}",
            "Choose a smaller model or a larger board.",
        )
    lines = output.splitlines()
    errors = [line for line in lines if re.search(r"\berror\b|undefined reference|Error:", line)]
    shown = "\n".join((errors or lines)[:_SHOWN_ERRORS] if errors else lines[-_SHOWN_ERRORS:])
    return BuildError(
        f"building the firmware for {board.id} failed:\n{shown}",
        f"The project is in {project_dir}; `pio run -v` there shows each command.",
    )
