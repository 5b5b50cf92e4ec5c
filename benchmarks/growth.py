"""How cost grows, operator by operator: `python -m benchmarks.growth`.

One model for each operator holds all sizes side by side, fed by one input; the device counts each
layer. Writes benchmarks/results/growth.json and growth.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.cases import BUILD
from benchmarks.growth_models import OPERATORS, Size, build_model
from benchmarks.run import RESULTS
from benchmarks.tables import markdown, number
from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.config import Optimize
from tinydeploy.errors import VerificationError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.ir.graph import Graph
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import Layer

BOARDS = ("qemu_cortex_m4", "qemu_cortex_m55", "qemu_cortex_m3")
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Point:
    """One size of one operator on one board: instructions of one run of that layer."""

    operator: str
    size: Size
    board: str
    macs: int
    outputs: int
    instructions: float

    @property
    def per_unit(self) -> float:
        """Instructions per multiply-accumulate, or per output where there are none."""
        return self.instructions / (self.macs or self.outputs)


def main() -> None:
    """Measure everything, write the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--operators", nargs="+", choices=list(OPERATORS), default=list(OPERATORS))
    parser.add_argument("--boards", nargs="+", metavar="ID", default=list(BOARDS))
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER")
    options = parser.parse_args()
    cases = [(operator, board) for operator in options.operators for board in options.boards]
    with ProcessPoolExecutor(WORKERS, multiprocessing.get_context("spawn")) as pool:
        points = [point for found in pool.map(measure, cases) for point in found]
    options.output.mkdir(parents=True, exist_ok=True)
    data = [asdict(point) for point in points]
    (options.output / "growth.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    text = growth_text(points, options.boards)
    (options.output / "growth.md").write_text(text, encoding="utf-8")
    print(text)


def measure(case: tuple[str, str]) -> list[Point]:
    """Every size of an operator on a board. Raises VerificationError if any output is wrong."""
    operator, board_id = case
    loaded = LoadedModel(build_model(OPERATORS[operator]), operator, operator)
    compiled = pipeline.compile_model(loaded, load_board(board_id), Choices(Optimize.SPEED))
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        built = pipeline.build(compiled, Path(folder))
        samples = pipeline.choose_samples(loaded, None, count=1, seed=0)
        measured, verified = pipeline.measure(built, samples)
    if verified.mismatched_bytes:
        raise VerificationError(f"{operator} on {board_id}: {verified.first_mismatch}")
    layers = zip(compiled.plan.layers, measured.layer_counts, strict=True)
    found = {layer.node.name: (layer, count) for layer, count in layers}
    return [
        _point(operator, size, board_id, compiled.plan.graph, *found[str(size)])
        for size in OPERATORS[operator].sizes
    ]


def _point(
    operator: str, size: Size, board: str, graph: Graph, layer: Layer, count: float
) -> Point:
    outputs = graph.tensors[layer.node.outputs[0]].size
    return Point(operator, size, board, layer.macs, outputs, count)


def growth_text(points: Sequence[Point], boards: Sequence[str]) -> str:
    """A table for each operator."""
    head = (
        "# How cost grows\n\nMade by `python -m benchmarks.growth`: instructions of one layer, "
        "`--optimize speed`, and in brackets instructions per MAC (per output for operators that "
        "have no MACs). Every output was verified in the same run.\n"
    )
    parts = [head]
    for operator in dict.fromkeys(point.operator for point in points):
        parts.append(f"\n## {OPERATORS[operator].title}\n")
        parts.append(_table([p for p in points if p.operator == operator], boards))
    return "\n".join(parts)


def _table(points: Sequence[Point], boards: Sequence[str]) -> str:
    found = {(point.size, point.board): point for point in points}
    sizes = dict.fromkeys(point.size for point in points)
    rows = [[str(size), *(_cell(found.get((size, board))) for board in boards)] for size in sizes]
    return markdown(("size", *boards), rows)


def _cell(point: Point | None) -> str:
    return "" if point is None else f"{number(point.instructions)} ({point.per_unit:.2f})"


if __name__ == "__main__":
    main()
