"""How long a user waits: `python -m benchmarks.startup` prints each command's wall time.

Commands without a model, the first build of a keyword spotting network with warm caches, and
the same build again with nothing changed. 1: some median is above its limit.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.models import random_tflite

RUNS = 5
_TINYDEPLOY = (sys.executable, "-m", "tinydeploy")
_MODEL = "kws_random"
_BOARD = "qemu_cortex_m4"


@dataclass(frozen=True, slots=True)
class Wait:
    """A command, the longest that its median may take, and what is done before each run."""

    name: str
    arguments: tuple[str, ...]
    limit_s: float
    prepare: Callable[[Path], None]


def main() -> int:
    """Measure all waits in a folder of their own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    runs: int = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "kws.tflite").write_bytes(random_tflite(_MODEL))
        print(f"{'command':32} {'min':>7} {'median':>7} {'max':>7} {'limit':>7}")
        kept = [show(wait, seconds(wait, folder, runs)) for wait in WAITS]
        return int(not all(kept))


def seconds(wait: Wait, folder: Path, runs: int) -> list[float]:
    """Wall time of each run, after one that warms the caches."""
    return [once(wait, folder) for _ in range(1 + runs)][1:]


def once(wait: Wait, folder: Path) -> float:
    """Wall time of one run."""
    wait.prepare(folder)
    started = time.perf_counter()
    command = [*_TINYDEPLOY, *wait.arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def show(wait: Wait, found: list[float]) -> bool:
    """Print a row; whether the median is within the limit."""
    median = statistics.median(found)
    figures = (min(found), median, max(found), wait.limit_s)
    print(f"{wait.name:32} " + " ".join(f"{figure:5.2f} s" for figure in figures))
    return median < wait.limit_s


def nothing(folder: Path) -> None:
    """Leave everything as it is."""


def without_project(folder: Path) -> None:
    """Remove the project, so that it is generated and built from nothing."""
    shutil.rmtree(folder / "build", ignore_errors=True)


_BUILD = ("build", "kws.tflite", "--board", _BOARD)
WAITS = (
    Wait("tinydeploy --help", ("--help",), 0.4, nothing),
    Wait("tinydeploy boards", ("boards",), 0.4, nothing),
    Wait("tinydeploy build, new project", _BUILD, 5.0, without_project),
    Wait("tinydeploy build, nothing changed", _BUILD, 1.5, nothing),
)

if __name__ == "__main__":
    sys.exit(main())
