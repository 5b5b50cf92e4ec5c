"""Measure every figure that README.md shows: `python -m benchmarks.run`.

Writes benchmarks/results/results.json and results.md; with --readme also the tables of README.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.cases import ROOT, Case, Row, find_models, measure, models_folder
from benchmarks.peers import read_peers
from benchmarks.tables import comparison, full_table
from tinydeploy.config import Optimize
from tinydeploy.report.versions import tool_versions

BOARDS = ("qemu_cortex_m4", "qemu_cortex_m55", "qemu_cortex_m3", "qemu_cortex_m0")
GOALS = tuple(goal.value for goal in Optimize)
QUICK_BOARDS, QUICK_GOALS = BOARDS[:1], ("speed",)
RESULTS = Path(__file__).with_name("results")
README = ROOT / "README.md"
BEGIN, END = "<!-- benchmarks begin -->\n", "<!-- benchmarks end -->\n"
WORKERS = 2


def main() -> int:
    """Run what the command line asks for; 1: a case failed, and README.md stays as it was."""
    options = parse(sys.argv[1:])
    write_models()
    started = time.monotonic()
    rows = []
    for row in measure_all(cases(options)):
        rows.append(row)
        print(row_text(row), flush=True)
    options.output.mkdir(parents=True, exist_ok=True)
    write_results(rows, options.output)
    print(f"{len(rows)} cases in {time.monotonic() - started:.0f} s; see {options.output}")
    bad = [row for row in rows if row.error or row.mismatched_bytes]
    if options.readme and not bad:
        write_readme(rows)
    print("".join(f"failed: {row_text(row)}\n" for row in bad), end="")
    return int(bool(bad))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--models", nargs="+", metavar="NAME", help="default: all that are here")
    parser.add_argument("--boards", nargs="+", metavar="ID", help=f"default: {' '.join(BOARDS)}")
    parser.add_argument("--optimize", nargs="+", choices=GOALS, help="default: all")
    parser.add_argument("--quick", action="store_true", help="Cortex-M4 and speed, if not named")
    parser.add_argument("--no-cycles", action="store_true", help="leave out the cycle estimate")
    parser.add_argument("--readme", action="store_true", help="put the tables into README.md")
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER")
    return parser.parse_args(arguments)


def write_models() -> None:
    """In a process of its own: TensorFlow is large, and forks of it are fragile."""
    command = [sys.executable, "-m", "benchmarks.models", str(models_folder())]
    subprocess.run(command, check=True, cwd=ROOT, stderr=subprocess.DEVNULL)


def cases(options: argparse.Namespace) -> list[Case]:
    """Every combination, the models of one board one after the other."""
    models = find_models()
    unknown = set(options.models or ()) - set(models)
    if unknown:
        sys.exit(f"no model {', '.join(sorted(unknown))}; there are {', '.join(models)}")
    boards = options.boards or (QUICK_BOARDS if options.quick else BOARDS)
    goals = options.optimize or (QUICK_GOALS if options.quick else GOALS)
    return [
        Case(models[name], board, goal, not options.no_cycles)
        for name in options.models or models
        for board in boards
        for goal in goals
    ]


def measure_all(wanted: Sequence[Case]) -> Iterator[Row]:
    """Two at a time, in the order of `wanted`."""
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(measure, wanted)


def row_text(row: Row) -> str:
    """A line for the terminal."""
    name = f"{row.model:10s} {row.board:15s} {row.optimize:8s}"
    if row.error:
        return f"{name} {row.error.splitlines()[0]}"
    ratio = f"{row.instructions / row.floor:6.2f} x floor" if row.floor else ""
    return (
        f"{name} {row.instructions:12,.0f} instructions {ratio:14s} arena {row.arena_bytes:6,d} "
        f"stack {row.stack_bytes:5,d} code {row.code_bytes:6,d} weights {row.weights_bytes:8,d} "
        f"mismatched {row.mismatched_bytes}"
    )


def write_results(rows: Sequence[Row], folder: Path) -> None:
    """The rows, the peers and the versions that produced them."""
    peers = read_peers()
    report = {
        "versions": {**tool_versions(), **_program_versions()},
        "rows": [dataclasses.asdict(row) for row in rows],
        "peers": dataclasses.asdict(peers),
    }
    (folder / "results.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    parts = ["# Benchmarks\n", "Made by `python -m benchmarks.run`.\n", _versions_text(report)]
    parts += [full_table(rows, peers), comparison(rows, peers)]
    text = "\n".join(parts).replace("](docs/", "](../../docs/")
    (folder / "results.md").write_text(text, encoding="utf-8")


def _versions_text(report: dict[str, Any]) -> str:
    return ", ".join(f"{name} {version}" for name, version in report["versions"].items()) + ".\n"


def _program_versions() -> dict[str, str]:
    found = {}
    for program in ("qemu-system-arm", "arm-none-eabi-gcc"):
        result = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        found[program] = result.stdout.splitlines()[0] if result.stdout else "missing"
    return found


def write_readme(rows: Sequence[Row]) -> None:
    """Put the comparison between the markers of README.md."""
    before, begin, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{README} lacks the markers {BEGIN.strip()} and {END.strip()}")
    README.write_text(
        f"{before}{BEGIN}\n{comparison(rows, read_peers())}\n{END}{after}", encoding="utf-8"
    )


if __name__ == "__main__":
    sys.exit(main())
