"""One case: a model on a board under a goal, built, run, verified; its figures as one row."""

from __future__ import annotations

import hashlib
import statistics
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.config import Optimize
from tinydeploy.errors import TinydeployError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.plan.kernels import Choices

ROOT = Path(__file__).resolve().parent.parent
MODELS_WITH_WEIGHTS = ROOT.parent / "shared" / "models"
BUILD = ROOT / "build" / "benchmarks"
MACS_PER_INSTRUCTION: Mapping[str, int] = {"dsp": 2, "mve": 16}
"""Multiply-accumulates of the widest int8 or int16 instruction: SMLAD, VMLADAV.S8."""
SAMPLES = 3
SEED = 0


@dataclass(frozen=True, slots=True)
class Case:
    """What to measure."""

    model: Path
    board: str
    goal: str
    cycles: bool = True
    """Whether to estimate cycles where the core has a timing model."""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured. Counts are of one warm inference; sizes are in bytes."""

    model: str
    board: str
    optimize: str
    error: str = ""
    macs: int = 0
    instructions: float = 0
    arena_bytes: int = 0
    stack_bytes: int = 0
    code_bytes: int = 0
    weights_bytes: int = 0
    mismatched_bytes: int | None = None
    samples: int = 0
    cycles: tuple[float, float, float] | None = None
    """Estimated: low, typical, high."""
    floor: int | None = None
    """Instructions if each did all the multiply-accumulates that one can do."""


def models_folder() -> Path:
    """Where the models with random weights are; named by the code that makes them."""
    source = Path(__file__).with_name("models.py").read_bytes()
    return BUILD / f"models-{hashlib.sha256(source).hexdigest()[:12]}"


def find_models() -> dict[str, Path]:
    """Every model by name: those with trained weights where they are present."""
    paths = [*MODELS_WITH_WEIGHTS.glob("*.tflite"), *models_folder().glob("*.tflite")]
    order = ("kws", "ic", "vww", "ad")
    known = {path.stem: path for path in paths}
    names = [f"{name}{kind}" for kind in ("", "_random") for name in order]
    return {name: known[name] for name in names if name in known}


def measure(case: Case) -> Row:
    """Build, run and verify one case; an error becomes part of the row."""
    try:
        return _measure(case)
    except TinydeployError as error:
        return Row(case.model.stem, case.board, case.goal, error=error.message)


def _measure(case: Case) -> Row:
    board = load_board(case.board)
    loaded = _load(case.model)
    compiled = pipeline.compile_model(loaded, board, Choices(Optimize(case.goal)))
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        built = pipeline.build(compiled, Path(folder))
        samples = _samples(case.model)
        measured, verified = pipeline.measure(built, samples)
        wanted = case.cycles and board.timing is not None
        cycles = pipeline.estimate(built, samples).cycles if wanted else None
    macs = _macs(case.model)
    return Row(
        model=case.model.stem,
        board=case.board,
        optimize=case.goal,
        macs=macs,
        instructions=statistics.median(measured.counts),
        arena_bytes=measured.arena_bytes,
        stack_bytes=measured.stack_bytes,
        code_bytes=built.sizes.code_bytes,
        weights_bytes=built.sizes.weights_bytes,
        mismatched_bytes=verified.mismatched_bytes,
        samples=verified.samples,
        cycles=(cycles.low, cycles.typical, cycles.high) if cycles else None,
        floor=_floor(macs, board.isa),
    )


def _floor(macs: int, isa: str) -> int | None:
    return macs // MACS_PER_INSTRUCTION[isa] if isa in MACS_PER_INSTRUCTION else None


@cache
def _load(model: Path) -> LoadedModel:
    return pipeline.load(model, None)


@cache
def _macs(model: Path) -> int:
    """As the file has them: before any pass removes some."""
    return pipeline.graphs(_load(model))[0][1].macs()


@cache
def _samples(model: Path) -> pipeline.Samples:
    return pipeline.choose_samples(_load(model), None, SAMPLES, SEED)
