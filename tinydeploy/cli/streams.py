"""Standard output and error that take any text, even where they are closed or plain ASCII."""

from __future__ import annotations

import io
import os
import sys


def prepare_streams() -> None:
    """Make both streams usable: a file name or a bar that can't be shown must not stop the work."""
    _open_missing()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace" if stream is sys.stderr else "replace")


def drop_output() -> None:
    """Send standard output nowhere from now on: its reader has gone (`tinydeploy … | head`)."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)


def _open_missing() -> None:
    """Fill closed standard streams, or the next file that is opened would take their place."""
    while (handle := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(handle)
    if sys.stdout is None:
        sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - lives to the end
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - lives to the end


def flush_output() -> None:
    """Write what is still buffered; nobody is there to hear that it fails."""
    try:
        sys.stdout.flush()
    except OSError:
        drop_output()
