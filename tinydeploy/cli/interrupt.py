"""Ctrl-C and its kin: one is enough, and what follows is left to clean up in peace."""

from __future__ import annotations

import signal
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_CLEANING_S = 3.0
_AGAIN_S = 0.01
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class _Handler:
    """Raises KeyboardInterrupt, but not again while the first one unwinds.

    A second Ctrl-C would stop the clean-up half-way. Where Python has dropped the exception (in a
    destructor, in a callback), it is raised once more.
    """

    def __init__(self) -> None:
        self._last_s = float("-inf")

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if now_s - self._last_s >= _CLEANING_S:
            self._last_s = now_s
            raise KeyboardInterrupt

    def on_unraisable(self, dropped: UnraisableHookArgs) -> None:
        """Take the place of sys.unraisablehook."""
        if not isinstance(dropped.exc_value, KeyboardInterrupt):
            sys.__unraisablehook__(dropped)
            return
        self._last_s = float("-inf")
        signal.setitimer(signal.ITIMER_REAL, _AGAIN_S)


def interrupt_on_signals() -> None:
    """Turn Ctrl-C, termination and a closed terminal into one KeyboardInterrupt.

    A signal that the caller told us to ignore (nohup, a background job) stays ignored.
    """
    handler = _Handler()
    for number in _numbers():
        if signal.getsignal(number) in {signal.SIG_DFL, signal.default_int_handler}:
            signal.signal(number, handler)
    signal.signal(signal.SIGALRM, handler)
    sys.unraisablehook = handler.on_unraisable


def ignore_interrupts() -> None:
    """Nothing is left to interrupt: the exit code is known."""
    for number in (*_numbers(), signal.SIGALRM):
        signal.signal(number, signal.SIG_IGN)


def _numbers() -> list[signal.Signals]:
    return [signal.Signals[name] for name in _SIGNALS if name in signal.Signals.__members__]
