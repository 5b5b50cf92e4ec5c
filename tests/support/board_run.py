"""Builds a model for a board and runs it there, as the command line would."""

from __future__ import annotations

from pathlib import Path

from tinydeploy import pipeline
from tinydeploy.boards import Board, load_board
from tinydeploy.codegen.model import generate_library
from tinydeploy.config import Optimize
from tinydeploy.device.verify import Verification
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.ir.op import Isa
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import Plan, plan_model
from tinydeploy.report.report import Measurement


def run_on_board(
    tflite: bytes,
    board_id: str,
    folder: Path,
    samples: int = 2,
    kernel: str | None = None,
    optimize: Optimize = Optimize.SPEED,
) -> tuple[Measurement, Verification]:
    """Measure and verify `samples` random inputs; `kernel` forces one kernel where it fits."""
    board = load_board(board_id)
    graph = pipeline.graphs(LoadedModel(tflite, "test", "test.tflite"))[-1][1]
    plan = plan_model(graph, Isa(board.isa), Choices(optimize, forced=kernel))
    return run_plan(plan, tflite, board, folder, samples, optimize)


def run_plan(
    plan: Plan,
    tflite: bytes,
    board: Board,
    folder: Path,
    samples: int = 2,
    optimize: Optimize = Optimize.SPEED,
) -> tuple[Measurement, Verification]:
    """Measure and verify `samples` random inputs of a plan that was made by hand."""
    library = generate_library(plan)
    compiled = pipeline.Compiled("test.tflite", board, plan, library, optimize, None)
    built = pipeline.build(compiled, folder)
    loaded = LoadedModel(tflite, "test", "test.tflite")
    return pipeline.measure(built, pipeline.choose_samples(loaded, None, samples, seed=0))
