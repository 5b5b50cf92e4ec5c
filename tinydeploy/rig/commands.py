"""The commands of a rig file: run to their end, within a time, and ended when we are."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from tinydeploy.errors import DeviceError, ToolMissingError

_SHOWN_CHARS = 400
_KILLED_S = 5.0


class Commands:
    """Runs commands for several threads; `stop` ends those under way and lets none start."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(
        self,
        what: str,
        command: Sequence[str],
        folder: Path,
        timeout_s: float,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Run `command` in `folder`; `what` names its purpose in messages.

        Raises:
            ToolMissingError: there is no such program.
            DeviceError: it failed, or took longer than `timeout_s`.
        """
        process = self._start(what, command, folder, environment)
        try:
            output = process.communicate(timeout=timeout_s)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            raise DeviceError(
                f"{what} took more than {timeout_s:.0f} s: {command[0]}",
                "Run the command by hand to see where it stops.",
            ) from None
        finally:
            self._end(process)
        if process.returncode != 0:
            last = " ".join(output.split())[-_SHOWN_CHARS:]
            raise DeviceError(
                f"{what} failed: {command[0]} ended with exit code {process.returncode}"
                + (f": {last}" if last else ""),
                "Run the command by hand to see more.",
            )

    def stop(self) -> None:
        """End every command under way, as when the user presses Ctrl-C."""
        with self._mutex:
            self._stopped = True
            for process in self._running:
                _kill_group(process)

    def _start(
        self,
        what: str,
        command: Sequence[str],
        folder: Path,
        environment: Mapping[str, str] | None,
    ) -> subprocess.Popen[bytes]:
        with self._mutex:
            if self._stopped:
                raise DeviceError(f"{what} was stopped")
            try:
                process = subprocess.Popen(
                    command,
                    cwd=folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            except OSError as error:
                raise ToolMissingError(
                    f"{what} needs {command[0]}, which can't be run: {error.strerror}",
                    "Install it, or change the command in the rig file.",
                ) from error
            self._running.add(process)
        return process

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        with self._mutex:
            self._running.discard(process)
            if process.poll() is None:
                _kill_group(process)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_KILLED_S)
        if process.stdout is not None:
            process.stdout.close()


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    # What runs as another user (sudo) can't be killed.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
