"""Where everything is printed: plain text in a file or pipe, colour and progress on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from tinydeploy.cli.streams import drop_output
from tinydeploy.progress import Step, no_step

_PLAIN_WIDTH = 100


class _Output(Console):
    """Standard output; the work goes on and is judged when nobody reads it any more."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        drop_output()


OUT = _Output(
    highlight=False,
    soft_wrap=not sys.stdout.isatty(),
    width=None if sys.stdout.isatty() else _PLAIN_WIDTH,
)


@contextmanager
def progress() -> Iterator[Step]:
    """Show the steps of long work on a terminal; say nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield no_step
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def step(what: str, done: float | None = None) -> None:
            bar.update(
                task, description=what, total=None if done is None else 1, completed=done or 0
            )

        yield step


def show_message(text: str, at_once: bool = False) -> None:
    """One line of plain text; `at_once` also where the output is a file or a pipe."""
    OUT.print(Text(text))
    if at_once:
        OUT.file.flush()
