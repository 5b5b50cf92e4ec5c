"""Every error that a user can meet: what happened, what to do next, and its exit code.

One class is one kind of failure, so that CI can tell them apart by exit code alone.
The table in docs/exit-codes.md is tested against this module.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar


class TinydeployError(Exception):
    """A failure that the user can act on.

    `message` says what happened and where; `hint` says what to do next.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[type[TinydeployError], tuple[str, str]]:
        """Keep the hint when the error goes to another process."""
        return type(self), (self.message, self.hint)


class UsageError(TinydeployError):
    """An option, argument or project file (tinydeploy.toml) that can't be used as given."""

    exit_code = 2


class ModelFileError(TinydeployError):
    """A model file that is missing, unreadable, empty or damaged."""

    exit_code = 3


class UnsupportedModelError(TinydeployError):
    """A sound model that this toolchain can't turn into integer C code."""

    exit_code = 4


class CalibrationError(TinydeployError):
    """Calibration or evaluation data that is missing, malformed or doesn't fit the model."""

    exit_code = 5


class BoardError(TinydeployError):
    """An unknown board, or a board file that breaks its schema."""

    exit_code = 6


class DoesNotFitError(TinydeployError):
    """A model that needs more flash or RAM than the board has."""

    exit_code = 7


class ToolMissingError(TinydeployError):
    """A compiler, emulator, uploader, PlatformIO or interpreter that isn't installed."""

    exit_code = 8


class BuildError(TinydeployError):
    """The compiler or PlatformIO failed on the generated project."""

    exit_code = 9


class DeviceError(TinydeployError):
    """A device (or emulator) that stays silent, resets, talks nonsense, or can't be flashed."""

    exit_code = 10


class VerificationError(TinydeployError):
    """The device computed something else than the host's reference."""

    exit_code = 11


class OutputError(TinydeployError):
    """An output folder or file that can't be written."""

    exit_code = 12


class BudgetError(TinydeployError):
    """A figure of `tinydeploy check` that is over its budget."""

    exit_code = 13


class RegressionError(TinydeployError):
    """A figure or an output of `tinydeploy check` that is worse than, or unlike, the baseline's."""

    exit_code = 14


class AbsentError(TinydeployError):
    """A board, port, server or emulator that isn't here, so that nothing can be done with it."""

    exit_code = 15


class BusyError(TinydeployError):
    """Devices of a rig that others hold for longer than we may wait."""

    exit_code = 16


class InternalError(TinydeployError):
    """A broken promise inside tinydeploy itself; never the user's fault."""

    exit_code = 70


INTERRUPTED_EXIT_CODE = 130


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a hint that names near matches of `name`, or all known names."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return f"Known: {', '.join(names)}."
