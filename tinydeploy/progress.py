"""How long work tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable

Step = Callable[[str, float | None], None]
"""Called as the work goes on: what is being done, and how much of it (0 to 1) where known."""


def no_step(what: str, done: float | None = None) -> None:
    """A `Step` that shows nothing."""
