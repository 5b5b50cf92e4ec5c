"""The parent's side of a worker process: start it, ask it, and survive whatever it does."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tinydeploy import errors
from tinydeploy.frontend.messages import (
    DamagedMessageError,
    Message,
    encode_message,
    read_message,
)

if TYPE_CHECKING:
    from types import TracebackType

# Python puts the working directory first on a module's path; the folder that holds the package is
# the one place where no file of the user's can stand in for a library.
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_LOG_TAIL_BYTES = 2000
_EXIT_WAIT_S = 2.0


class ChildDiedError(Exception):
    """The worker ended (crash, abort, out of memory) or stopped answering in time."""

    def __init__(self, reason: str, log: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.log = log


class Child:
    """A worker process `python -m module`, alive inside `with`."""

    def __init__(self, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by close()
        self._timed_out = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", module],
            cwd=_PACKAGE_ROOT,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def ask(
        self,
        request: Message,
        timeout_s: float,
        on_progress: Callable[[Message], None] | None = None,
    ) -> Message:
        """Send `request` and return the answer.

        Messages with a field "progress" come before it and go to `on_progress`. Raises the worker's
        own TinydeployError, or ChildDiedError.
        """
        with self._deadline(timeout_s):
            try:
                self._send(request)
                while "progress" in (answer := self._receive()).fields:
                    if on_progress is not None:
                        on_progress(answer)
            except (OSError, ValueError, DamagedMessageError) as error:
                raise self._death() from error
        _raise_failure(answer)
        return answer

    def close(self) -> None:
        """End the process, at once and whatever it is doing."""
        with contextlib.suppress(OSError):
            self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.wait()
        self._log.close()

    def _send(self, request: Message) -> None:
        assert self._process.stdin is not None  # noqa: S101 - Popen was asked for a pipe
        self._process.stdin.write(encode_message(request))
        self._process.stdin.flush()

    def _receive(self) -> Message:
        assert self._process.stdout is not None  # noqa: S101 - Popen was asked for a pipe
        answer = read_message(self._process.stdout)
        if answer is None:
            raise DamagedMessageError("no answer")
        return answer

    @contextlib.contextmanager
    def _deadline(self, timeout_s: float) -> Iterator[None]:
        timer = threading.Timer(timeout_s, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _expire(self) -> None:
        self._timed_out = True
        self._process.kill()

    def _death(self) -> ChildDiedError:
        try:
            code = self._process.wait(_EXIT_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        return ChildDiedError(self._reason(code), self._log_tail())

    def _reason(self, code: int) -> str:
        if self._timed_out:
            return "did not answer in time"
        if code < 0:
            return f"was ended by {signal_name(-code)}"
        return f"ended with exit code {code}"

    def _log_tail(self) -> str:
        size = self._log.seek(0, os.SEEK_END)
        self._log.seek(max(0, size - _LOG_TAIL_BYTES))
        return self._log.read().decode("utf-8", "replace").strip()


def signal_name(number: int) -> str:
    """Return "SIGSEGV" for 11; the number where it has no name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _raise_failure(answer: Message) -> None:
    failure = answer.fields.get("error")
    if failure is None:
        return
    if failure["class"] == "MemoryError":
        raise ChildDiedError("ran out of memory", "")
    kind = getattr(errors, failure["class"], errors.InternalError)
    raise kind(failure["message"], failure["hint"])
