"""Running PlatformIO without its registry.

It gets a core folder of our own (nothing of the user's is touched or trusted), in which the package
that it insists on, tool-scons, is a shim around the SCons of this environment.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinydeploy.cache import CACHE_VARIABLE, cache_dir
from tinydeploy.device.parent_death import END_WITH_PARENT
from tinydeploy.errors import BuildError, OutputError, ToolMissingError

_TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Done:
    """How PlatformIO ended, and what it and its programs said.

    Two texts, since it passes them on by two threads: their order among each other means nothing.
    """

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """All of it, the errors last."""
        return self.stdout + self.stderr


def run_platformio(*arguments: str, variables: Mapping[str, str] | None = None) -> Done:
    """Run PlatformIO with `variables` added to the environment.

    Raises:
        BuildError: it takes too long.
        OutputError: the cache folder can't be written.
        ToolMissingError: this version of PlatformIO isn't supported.
    """
    command = [sys.executable, "-m", "platformio", *arguments]
    environment = {**platformio_environment(), **(variables or {})}
    with (
        # Compilers that are stopped leave what they wrote for themselves: it goes with the folder.
        tempfile.TemporaryDirectory(prefix="tinydeploy-") as scratch,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**environment, "TMPDIR": scratch},
            cwd=scratch,  # files of the user's folder are no modules of PlatformIO's
            start_new_session=True,
            preexec_fn=END_WITH_PARENT,  # noqa: PLW1509
        ) as process,
    ):
        try:
            texts = process.communicate(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired as error:
            raise BuildError(f"PlatformIO took more than {_TIMEOUT_S} s") from error
        finally:
            _stop(process)
    return Done(process.returncode, *(text.decode("utf-8", "replace") for text in texts))


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End PlatformIO and its compilers, if they still run."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def platformio_environment() -> dict[str, str]:
    """Return our environment without what would change the build, and with no network.

    Raises OutputError where the cache can't be written, ToolMissingError as run_platformio does.
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
