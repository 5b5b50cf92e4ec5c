"""What was written: projects, libraries, graphs on the way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from tinydeploy.cli.render.console import OUT, show_message

if TYPE_CHECKING:
    from tinydeploy.codegen.model import Library
    from tinydeploy.device.platformio import BuildResult
    from tinydeploy.ir.graph import Graph


def show_graphs(stages: Sequence[tuple[str, Graph]]) -> None:
    """The graph as read and after each pass."""
    from tinydeploy.ir.text import graph_text

    for stage, graph in stages:
        OUT.print(Text(f"# after {stage}"))
        OUT.print(Text(graph_text(graph)), soft_wrap=True)


def show_files(folder: Path, result: BuildResult) -> None:
    """Where the project and the firmware are."""
    show_message(f"project   {folder}")
    show_message(f"firmware  {result.elf}")


def show_library(folder: Path, library: Library, files: int) -> None:
    """What was exported."""
    show_message(f"Wrote {files} files to {folder}")
    show_message(
        f"arena {library.arena_bytes:,} B, weights {library.weights_bytes:,} B (predicted)"
    )
