"""One trial: a technique applied to a model, trained and measured. Values only."""

from __future__ import annotations

import hashlib
import itertools
import json
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from tinydeploy.chain.techniques import technique
from tinydeploy.compress.fit import Fit, view_count
from tinydeploy.compress.size import Of
from tinydeploy.config import Optimize

NAMES: dict[Of, str] = {"macs": "MACs", "weights": "weights"}


@dataclass(frozen=True, slots=True)
class Step:
    """A technique and how strongly it is applied: `factor` times less `of` the whole model."""

    technique: str
    factor: float = 1.0
    of: Of = "macs"

    def __str__(self) -> str:
        if self.factor == 1:
            return self.technique
        return f"{self.technique} ÷{self.factor:.3g} {NAMES[self.of]}"


@dataclass(frozen=True, slots=True)
class Setting:
    """What all trials of a search have in common. Paths are absolute.

    `board` is an id, or the path of a board file.
    """

    model: Path
    data: Path
    test: Path | None
    board: str
    optimize: Optimize
    folder: Path
    seed: int
    inputs_digest: str
    """Of the contents of model and data, the board and all tools: results of others don't count."""
    rig: Path | None = None
    """Where the real boards to measure on are listed; None: the board's emulator measures."""
    wait_s: float = 0.0
    """How long to wait for a board of the rig while others use them all."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step (None: the model stays as it is), and the training after it.

    In several `rounds`, each trained as `between` says but for the last, a step that removes
    much loses less. `coaches` are trainings of the original, and who teaches beside it: see
    taught_by().
    """

    step: Step | None
    fit: Fit
    rounds: int = 1
    between: Fit | None = None
    coaches: tuple[Fit, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """Stages one after the other; without any, the model as the user gave it.

    `judge` says on which samples the accuracy is taken, and how many at most.
    """

    stages: tuple[Stage, ...] = ()
    judge: Literal["selection", "test"] = "selection"
    samples: int = 500

    @property
    def steps(self) -> tuple[Step, ...]:
        """The techniques that were applied, in order."""
        return tuple(stage.step for stage in self.stages if stage.step)

    @property
    def parent(self) -> Trial | None:
        """The trial whose model this one starts from; None: the model that the user gave."""
        if len(self.stages) <= 1:
            return None
        return Trial(self.stages[:-1], samples=0)

    @property
    def teachers(self) -> tuple[Trial, ...]:
        """Those whose models teach in one of its trainings; the user's own needs no training."""
        taught = (taught_by(self.stages[:end]) for end in range(1, len(self.stages) + 1))
        return tuple(Trial(stages, samples=0) for one in taught for stages in one if stages)

    def then(self, stage: Stage) -> Trial:
        """This trial with one stage more."""
        return replace(self, stages=(*self.stages, stage))

    def with_seed(self, seed: int) -> Trial:
        """This trial with every training of it begun from another seed."""
        return replace(self, stages=tuple(_seeded(stage, seed) for stage in self.stages))

    def key(self, setting: Setting) -> str:
        """A name for its results, the same for the same work."""
        return f"{stages_key(setting, self.stages)}-{self.judge}-{self.samples}"

    def __str__(self) -> str:
        return " → ".join(str(step) for step in self.steps) or "original"


def taught_by(stages: Sequence[Stage]) -> tuple[tuple[Stage, ...], ...]:
    """The stages of each model that teaches in the last of these: the original's, then coaches'.

    So that all seeds have the same teachers, there is a coach more than are needed: the original
    of a seed may be one of them.
    """
    last = stages[-1]
    if last.step is None or last.fit.epochs == 0:
        return ()
    if not technique(last.step.technique).is_trained_after:
        return ()
    original = tuple(itertools.takewhile(lambda stage: stage.step is None, stages))
    others = [stages for fit in last.coaches if (stages := (Stage(None, fit),)) != original]
    return (original, *others[: len(last.coaches) - 1])


def lessons(trials: Iterable[Trial]) -> list[tuple[tuple[Stage, ...], int]]:
    """(stages, view) for all that the teachers in these trials' last trainings have to answer.

    Trainings with the same teachers and the same augmentation share their answers.
    """
    found: dict[Any, tuple[tuple[Stage, ...], int]] = {}
    for stages in (trial.stages for trial in trials if trial.stages):
        who, how = taught_by(stages), stages[-1].fit
        for view in range(view_count(how) if who else 0):
            found.setdefault((frozenset(who), how.augmentation, view), (stages, view))
    return list(found.values())


def _seeded(stage: Stage, seed: int) -> Stage:
    between = stage.between and replace(stage.between, seed=seed)
    return replace(stage, fit=replace(stage.fit, seed=seed), between=between)


def stages_key(setting: Setting, stages: Sequence[Stage]) -> str:
    """A name for the model that these stages make, the same for the same work."""
    fields = [setting.inputs_digest, setting.board, setting.optimize.value, setting.seed]
    text = json.dumps([*fields, [asdict(stage) for stage in stages]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Figures:
    """What a model costs and how good it is, as int8.

    `accuracy` is exact: the generated C code's on the host, bit for bit the device's. None: not
    asked for. `instructions` (or `latency_us` on a board with a clock) are measured on the board,
    None where the model has no room there; flash and arena are then predicted.
    """

    macs: int
    parameters: int
    weights_bytes: int
    flash_bytes: int
    arena_bytes: int
    accuracy: float | None = None
    instructions: float | None = None
    latency_us: float | None = None

    @property
    def cost(self) -> float:
        """What `speed` minimizes: instructions or time, MACs where it can't run."""
        known = (c for c in (self.instructions, self.latency_us) if c is not None)
        return next(known, float(self.macs))


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished trial; `model` is its .keras file, `layers` what the last step did to each.

    `accuracies` are those of the same trial with one seed after the other: this one's first.
    """

    trial: Trial
    figures: Figures
    model: Path
    layers: tuple[dict[str, Any], ...] = ()
    accuracies: tuple[float, ...] = ()

    @property
    def accuracy(self) -> float:
        """The mean over the seeds; 0 where it wasn't asked for."""
        return statistics.mean(self.accuracies or [self.figures.accuracy or 0.0])

    @property
    def accuracy_std(self) -> float | None:
        """The sample standard deviation over the seeds; None for fewer than two."""
        return statistics.stdev(self.accuracies) if len(self.accuracies) > 1 else None

    @property
    def fits_board(self) -> bool:
        """Whether it was run there."""
        return self.figures.instructions is not None or self.figures.latency_us is not None
