"""Chooses kernels by measuring them on the board, layer by layer.

Grassroots operator search: every kernel that accepts a layer is built in, run and counted there;
each layer keeps its winner. The whole is measured again, and kept only if it is no slower.
"""

from __future__ import annotations

import hashlib
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinydeploy import pipeline
from tinydeploy.boards import Board
from tinydeploy.errors import VerificationError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.ir.op import Isa
from tinydeploy.plan.kernels import Choices, candidates_for
from tinydeploy.plan.plan import Plan
from tinydeploy.progress import Step, no_step
from tinydeploy.report.tune_file import TUNE_FILE, read_winners

_RUNS = 3


def tuned_choices(choices: Choices, loaded: LoadedModel, board: Board) -> Choices:
    """The user's goal, and the winners of an earlier `tinydeploy tune` in this folder."""
    goal = choices.optimize.value
    winners = read_winners(Path(TUNE_FILE), model_digest(loaded), board.id, goal)
    return replace(choices, layers=winners)


@dataclass(frozen=True, slots=True)
class LayerTuning:
    """One layer: its kernel and count (instructions, or µs) before and after."""

    name: str
    op: str
    kernel_before: str
    kernel_after: str
    count_before: float
    count_after: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """What measuring all candidates found out; counts are medians of whole inferences."""

    model_digest: str
    count_before: float
    count_after: float
    layers: tuple[LayerTuning, ...]
    builds: int

    @property
    def winners(self) -> dict[str, str]:
        """The kernel of each layer, for `Choices.layers`."""
        return {layer.name: layer.kernel_after for layer in self.layers}


@dataclass(frozen=True, slots=True)
class _Trial:
    """One build: the kernel and the count of each layer, and the count of the whole."""

    kernels: tuple[str, ...]
    layer_counts: tuple[float, ...]
    total: float


def model_digest(loaded: LoadedModel) -> str:
    """Identifies the int8 model that was tuned."""
    return hashlib.sha256(loaded.tflite).hexdigest()


def tune(
    loaded: LoadedModel,
    board: Board,
    choices: Choices,
    folder: Path,
    seed: int = 0,
    port: str | None = None,
    step: Step = no_step,
) -> Tuning:
    """Measure every kernel that accepts each layer of `loaded` on `board`.

    A real one, at `port`, is flashed for each choice of kernels.

    Raises VerificationError when a candidate computes something else than the reference.
    """
    samples = pipeline.choose_samples(loaded, None, _RUNS, seed, step)
    search = _Search(loaded, board, samples, folder, port)
    untuned = replace(choices, layers={})
    plan = pipeline.compile_model(loaded, board, untuned).plan
    rounds = _rounds(plan, Isa(board.isa))
    trials = [search.run(untuned)]
    for number, layers in enumerate(rounds):
        step(f"measuring candidates, round {number + 1}", number / (len(rounds) + 1))
        trials.append(search.run(replace(untuned, layers=layers)))
    winners = _winners(plan, trials)
    step("measuring the winners together", len(rounds) / (len(rounds) + 1))
    tuned = search.run(replace(untuned, layers=winners))
    best = tuned if tuned.total <= trials[0].total else trials[0]
    return Tuning(
        model_digest=model_digest(loaded),
        count_before=trials[0].total,
        count_after=best.total,
        layers=_compare(plan, trials[0], best),
        builds=len(trials) + 1,
    )


class _Search:
    """Builds and measures one choice of kernels after the other, in one folder."""

    def __init__(
        self,
        loaded: LoadedModel,
        board: Board,
        samples: pipeline.Samples,
        folder: Path,
        port: str | None,
    ) -> None:
        self._loaded = loaded
        self._board = board
        self._samples = samples
        self._folder = folder
        self._port = port

    def run(self, choices: Choices) -> _Trial:
        compiled = pipeline.compile_model(self._loaded, self._board, choices)
        built = pipeline.build(compiled, self._folder)
        if self._port is not None:
            pipeline.flash(built, self._port)
        measurement, verification = pipeline.measure(built, self._samples, self._port)
        kernels = tuple(layer.kernel.name for layer in compiled.plan.layers)
        if verification.mismatched_bytes:
            raise VerificationError(
                f"one of the kernels {', '.join(sorted(set(kernels)))} computes something else "
                f"than the reference ({verification.first_mismatch})",
                "Report this with the model; a build without tuning doesn't use it.",
            )
        total = statistics.median(measurement.counts)
        return _Trial(kernels, measurement.layer_counts, total)


def _rounds(plan: Plan, isa: Isa) -> list[Mapping[str, str]]:
    """Choices of kernels that together try each layer's candidates once."""
    others = {
        layer.node.name: [
            kernel.name
            for kernel, _ in candidates_for(plan.graph, layer.node, isa)
            if kernel.name != layer.kernel.name
        ]
        for layer in plan.layers
    }
    most = max((len(names) for names in others.values()), default=0)
    return [
        {name: names[number] for name, names in others.items() if number < len(names)}
        for number in range(most)
    ]


def _winners(plan: Plan, trials: Sequence[_Trial]) -> dict[str, str]:
    """The kernel with the lowest count for each layer; the first of equals."""
    best = [
        min(trials, key=lambda trial: trial.layer_counts[index])
        for index in range(len(plan.layers))
    ]
    return {
        layer.node.name: trial.kernels[index]
        for index, (layer, trial) in enumerate(zip(plan.layers, best, strict=True))
    }


def _compare(plan: Plan, before: _Trial, after: _Trial) -> tuple[LayerTuning, ...]:
    return tuple(
        LayerTuning(
            layer.node.name,
            layer.node.op.NAME,
            before.kernels[index],
            after.kernels[index],
            before.layer_counts[index],
            after.layer_counts[index],
        )
        for index, layer in enumerate(plan.layers)
    )
