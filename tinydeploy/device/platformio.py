"""Building a generated project with PlatformIO, without its registry.

PlatformIO gets a core folder of our own (nothing of the user's is touched or trusted), in which
the package that it insists on, tool-scons, is a shim around the SCons of this environment.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tinydeploy.boards import Board
from tinydeploy.cache import CACHE_VARIABLE, cache_dir
from tinydeploy.codegen.writer import MANIFEST
from tinydeploy.device.plain_folder import plain_folder
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
_TIMEOUT_S = 600
"""Set to let PlatformIO download a missing compiler from its registry."""
_DOWNLOAD_VARIABLE = "TINYDEPLOY_DOWNLOAD_TOOLCHAIN"


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
        ToolMissingError: no compiler or no PlatformIO.
        BuildError: the compiler or linker failed.
        DoesNotFitError: the linker says that a memory region is too small.
        OutputError: the folder can't be written.
    """
    compiler = require_tools(board)
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
    return _find_compiler(board)


def find_compiler(board: Board) -> str | None:
    """Return the path of the board's compiler; None: it isn't installed."""
    return next((path for c in board.toolchain.compilers if (path := shutil.which(c))), None)


def _find_compiler(board: Board) -> str:
    found = find_compiler(board)
    if found is None and os.environ.get(_DOWNLOAD_VARIABLE):
        return ""
    if found is None:
        raise ToolMissingError(
            f"the compiler {board.toolchain.compilers[0]} is not on PATH; {board.id} needs it",
            board.toolchain.install_hint
            + f" (or set {_DOWNLOAD_VARIABLE}=1 to let PlatformIO download it)",
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
        _run_platformio(folder, board, project_dir)
        made = folder / ".pio" / "build" / board.id
        for target in (result.elf, result.bin):
            _copy(made / target.name, target)
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
    made = {n: hashlib.sha256((project_dir / n).read_bytes()).hexdigest() for n in names}
    return {"inputs": inputs, **made}


def _write_record(project_dir: Path, inputs: str) -> None:
    text = json.dumps(_record(project_dir, inputs), indent=1)
    (project_dir / ".pio" / _RECORD).write_text(text + "\n", encoding="utf-8")


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.new")
    shutil.copy2(source, temporary)
    temporary.replace(target)


# --- running PlatformIO --------------------------------------------------------------------


def _run_platformio(folder: Path, board: Board, project_dir: Path) -> None:
    """Build in `folder`; messages name `project_dir`."""
    command = [sys.executable, "-m", "platformio", "run", "-d", str(folder), "-e", board.id]
    environment = platformio_environment()
    with (
        # Compilers that are stopped leave what they wrote for themselves: it goes with the folder.
        tempfile.TemporaryDirectory(prefix="tinydeploy-") as scratch,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**environment, "TMPDIR": scratch},
            start_new_session=True,
        ) as process,
    ):
        try:
            output = process.communicate(timeout=_TIMEOUT_S)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired as error:
            raise BuildError(f"the build took more than {_TIMEOUT_S} s") from error
        finally:
            _stop(process)
    if process.returncode != 0:
        raise _build_error(project_dir, board, output)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End PlatformIO and its compilers, if they still run."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def platformio_environment() -> dict[str, str]:
    """Return our environment without what would change the build, and with no network.

    Raises OutputError where the cache can't be written.
    """
    core_dir = _prepare_core_dir()
    unwanted = ("PLATFORMIO_", "CPATH", "C_INCLUDE_PATH", "LIBRARY_PATH", "SCONSFLAGS")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)}
    return {
        **kept,
        "LC_ALL": "C",
        "PLATFORMIO_CORE_DIR": str(core_dir),
        "PLATFORMIO_DISABLE_UPGRADE_CHECK": "true",
        "PLATFORMIO_SETTING_ENABLE_TELEMETRY": "No",
        "PLATFORMIO_DISABLE_PROGRESSBAR": "true",
        "PYTHONEXEPATH": sys.executable,
    }


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


def _prepare_core_dir() -> Path:
    """Return PlatformIO's core folder, the tool-scons shim in place."""
    core_dir = cache_dir() / "platformio"
    shim = core_dir / "packages" / "tool-scons"
    files = _shim_files()
    try:
        if not all(_holds(shim / name, text) for name, text in files.items()):
            _install_shim(shim, files)
    except OSError as error:
        raise OutputError(
            f"the cache folder {core_dir} can't be written: {error.strerror}",
            f"Make room there, or set {CACHE_VARIABLE} to another folder.",
        ) from error
    return core_dir


def _shim_files() -> dict[str, str]:
    from platformio.dependencies import get_core_dependencies  # noqa: PLC0415 - slow to import

    wanted = re.search(r"\d+\.\d+\.\d+", get_core_dependencies()["tool-scons"])
    if wanted is None:
        raise ToolMissingError("this version of PlatformIO is not supported", "Use PlatformIO 6.")
    name, version = "tool-scons", wanted[0]
    spec = {"owner": "platformio", "id": None, "name": name, "requirements": None, "uri": None}
    return {
        ".piopm": json.dumps({"type": "tool", "name": name, "version": version, "spec": spec}),
        "package.json": json.dumps({"name": name, "version": version, "system": "*"}),
        "scons.py": "import SCons.Script\n\nSCons.Script.main()\n",
    }


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except OSError:
        return False


def _install_shim(shim: Path, files: dict[str, str]) -> None:
    """Put each file in place at once, so that a build running meanwhile sees no half of it."""
    shim.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with tempfile.NamedTemporaryFile("w", dir=shim, delete=False) as file:
            file.write(text)
        Path(file.name).replace(shim / name)
