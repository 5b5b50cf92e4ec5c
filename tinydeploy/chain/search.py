"""The search: cheap estimates of many chains, short training of some, full training of the best.

1. Every chain of the plan is applied without training, and measured on the board: what does not
   meet the limits, or gains nothing, goes. For the accuracy strengths that should just meet the
   limits are added.
2. The rest is trained for a few epochs. What costs at least as much as another and is no better
   goes (the Pareto front stays), as does what has lost far too much.
3. The best of these are trained in full, and judged on samples that nothing was trained on: a bold
   and a safe one, then bolder or safer ones, then a few strengths more of the best one's
   techniques, which should lose what may go. The best are then trained a little more as int8
   computes.
   The winner of what is asked for is trained with other seeds too, until one wins by its mean.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from tinydeploy.chain.chains import Chain, Shares, default_techniques, make_chains
from tinydeploy.chain.choose import (
    LAST_ROUNDS,
    TRAINED_IN_ALL,
    WINNERS,
    distinct,
    first_chains,
    gains,
    just_within,
    last_chains,
    next_chains,
    pick_winners,
    promising,
    worth_as_int8,
)
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.options import Goal
from tinydeploy.chain.refusals import nothing_fits, nothing_to_cut, too_inaccurate
from tinydeploy.chain.store import remove_stale_parts
from tinydeploy.chain.techniques import QAT, technique
from tinydeploy.chain.trial import Outcome, Setting, Stage, Step, Trial
from tinydeploy.compress.dataset import SELECTION_SAMPLES, TEST_SAMPLES
from tinydeploy.compress.fit import Fit
from tinydeploy.compress.size import Of
from tinydeploy.errors import (
    CalibrationError,
    DoesNotFitError,
    TinydeployError,
    UnsupportedModelError,
    UsageError,
    VerificationError,
)
from tinydeploy.progress import Step as Progress
from tinydeploy.progress import no_step

AUTO = "auto"
_FACTOR_OF_A_ROUND = 1.75
_OF_THE_CHAIN = (
    *(CalibrationError, DoesNotFitError, UnsupportedModelError, UsageError, VerificationError),
)
"""What may be one chain's own fault. A full disk or a dead worker concerns them all."""


class Pool(Protocol):
    """Where trials run: `workers.Workers`."""

    def survey(self, setting: Setting) -> Mapping[str, Mapping[Of, float]]: ...

    def augmentation(self, setting: Setting) -> str: ...

    def train(self, setting: Setting, trials: Sequence[Trial], step: Progress) -> None: ...

    def ask(self, setting: Setting, trials: Sequence[Trial], step: Progress) -> None: ...

    def run(
        self, setting: Setting, trials: Sequence[Trial], step: Progress = no_step
    ) -> list[Outcome | TinydeployError]: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What to search, and how to train after each stage. No techniques: those worth trying.

    `baseline` is the training that the original itself gets first; 0 epochs: none. The first of
    `seeds` is that of all trainings; the winner is trained with the others too. Where their
    augmentation is AUTO, it is that which the original sees through. `as_int8` is how the best are
    trained in the end, where techniques are chosen freely. `coaches` are trainings of the
    original: those that differ from it teach beside it (see trial.taught_by()).
    """

    goal: Goal
    baseline: Fit
    between: Fit
    short: Fit
    full: Fit
    as_int8: Fit
    techniques: tuple[str, ...] = ()
    coaches: tuple[Fit, ...] = ()
    seeds: tuple[int, ...] = (0,)
    selection_samples: int = SELECTION_SAMPLES
    test_samples: int = TEST_SAMPLES

    def augmented(self, kind: str) -> Plan:
        """The plan with another augmentation in every training."""
        return replace(
            self,
            coaches=tuple(replace(how, augmentation=kind) for how in self.coaches),
            baseline=replace(self.baseline, augmentation=kind),
            between=replace(self.between, augmentation=kind),
            short=replace(self.short, augmentation=kind),
            full=replace(self.full, augmentation=kind),
            as_int8=replace(self.as_int8, augmentation=kind),
        )


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the baseline and finished chains, judged on the test samples."""

    baseline: Outcome
    finished: tuple[Outcome, ...]
    short: tuple[Outcome, ...]
    """Chains that went no further than short training, judged on the selection samples."""
    winners: dict[str, Outcome]
    """smallest, most accurate, fastest: of those that meet the limits."""
    failed: tuple[tuple[str, str], ...]
    """Chains that could not be applied, and why."""
    augmentation: str
    """Of the training samples: as asked, or what the original sees through."""


def search(
    setting: Setting, plan: Plan, limits: Limits, workers: Pool, step: Progress = no_step
) -> Found:
    """Find chains that meet the limits. Raises DoesNotFitError, with the closest, where none does.

    Raises whatever the baseline itself fails with.
    """
    remove_stale_parts(setting)
    step("measuring the model as it is", None)
    if plan.full.augmentation == AUTO:
        plan = plan.augmented(workers.augmentation(setting))
    root = Trial((Stage(None, plan.baseline),)) if plan.baseline.epochs else Trial()
    run = _Running(setting, plan, limits, workers, step, root)
    selected = run.original()
    fitting = run.screened(_chains(plan, workers.survey(setting)), selected)
    tried = run.tried(fitting)
    step("training the best in full", None)
    baseline = run.baseline()
    finished = run.finished(tried, selected, baseline)
    step("training the winner with other seeds", None)
    finished = run.winner_with_all_seeds(finished, baseline)
    winners = pick_winners(finished, baseline, limits)
    if not winners:
        raise too_inaccurate(finished, baseline, limits)
    done = {o.trial.steps for o in finished}
    rest = tuple(o for o in tried if o.trial.steps not in done)
    return Found(
        baseline, tuple(finished), rest, winners, tuple(run.failed), plan.full.augmentation
    )


def _chains(plan: Plan, shares: Shares) -> Sequence[Chain]:
    """What the plan asks for. Raises UsageError where that is nothing."""
    techniques = plan.techniques or default_techniques(shares, plan.goal)
    chains = make_chains(techniques, shares, plan.goal)
    if not chains:
        raise nothing_to_cut(techniques, shares)
    return chains


def winner(found: Found, goal: Goal) -> Outcome:
    """The outcome that `goal` asks for."""
    return found.winners[WINNERS[goal]]


def _chain(
    root: Trial, steps: Chain, last: Fit, between: Fit, coaches: tuple[Fit, ...] = ()
) -> Trial:
    """`last` is the training after the last step that is trained after at all."""
    trained = [k for k, one in enumerate(steps) if technique(one.technique).is_trained_after]
    trial = root
    for number, one in enumerate(steps):
        is_last = number >= max(trained, default=0)
        stage = _stage(one, last if is_last else between, between)
        trial = trial.then(replace(stage, coaches=coaches))
    return trial


def _briefly(root: Trial, steps: Chain, plan: Plan, others: Sequence[Outcome]) -> Trial:
    """A short training of as many epochs as the longest of `others` has after all its steps."""
    missing = max(len(outcome.trial.steps) for outcome in others) - len(steps)
    last = replace(plan.short, epochs=plan.short.epochs * (1 + missing))
    return _chain(root, steps, last, plan.between, plan.coaches)


def _stage(step: Step, fit: Fit, between: Fit) -> Stage:
    """A stage in as many rounds as its strength needs; without training they would gain nothing."""
    if not technique(step.technique).gradual or between.epochs == 0:
        return Stage(step, fit)
    rounds = max(math.ceil(math.log(step.factor) / math.log(_FACTOR_OF_A_ROUND)), 1)
    return Stage(step, fit, rounds, between) if rounds > 1 else Stage(step, fit)


class _Running:
    """Runs the trials of one search round by round, and collects what failed."""

    def __init__(
        self,
        setting: Setting,
        plan: Plan,
        limits: Limits,
        workers: Pool,
        step: Progress,
        root: Trial,
    ) -> None:
        self._setting, self._plan, self._limits = setting, plan, limits
        self._workers, self._step, self._root = workers, step, root
        self.failed: list[tuple[str, str]] = []

    def original(self) -> Outcome:
        """The original on the selection samples; where it is trained, its coaches are too."""
        plan = self._plan
        if self._root.stages:
            coaches = (Trial((Stage(None, how),)) for how in plan.coaches)
            together = list(dict.fromkeys((self._root, *coaches)))
            self._workers.train(self._setting, together, self._step)
        (selected,) = self.require([replace(self._root, samples=plan.selection_samples)])
        return selected

    def screened(self, chains: Sequence[Chain], selected: Outcome) -> list[Outcome]:
        """Chains without training that gain something within the limits, of which there is one.

        For the accuracy some that should just meet the limits are added.
        """
        self._step("estimating chains on the board", None)
        limits = self._limits
        found = self._estimated(chains)
        if self._plan.goal == "accuracy":
            found += self._estimated(just_within(found, limits), may_be_none=True)
        fitting = [o for o in found if gains(o, selected) and not limits.exceeded(o.figures)]
        if not fitting:
            raise nothing_fits(found, limits, self.failed)
        return fitting

    def _estimated(self, chains: Sequence[Chain], *, may_be_none: bool = False) -> list[Outcome]:
        untrained = replace(self._plan.short, epochs=0)
        trials = [_chain(self._root, steps, untrained, untrained) for steps in chains]
        return self.all(trials, 0, may_be_none=may_be_none)

    def tried(self, fitting: Sequence[Outcome]) -> list[Outcome]:
        """The promising ones of these after a short training."""
        self._step("training the promising ones", None)
        plan = self._plan
        chosen = promising(distinct(fitting), plan.goal)
        trials = [_briefly(self._root, o.trial.steps, plan, chosen) for o in chosen]
        return self.all(trials, plan.selection_samples)

    def finished(
        self, tried: Sequence[Outcome], selected: Outcome, baseline: Outcome
    ) -> list[Outcome]:
        """The best of those that were tried, and more as these came out, trained in full."""
        goal, limits, both = self._plan.goal, self._limits, (selected, baseline)
        done = self.full(first_chains(tried, selected, goal, limits))
        more = next_chains(tried, done, both, goal, limits)
        done += self.full(more, may_be_none=True)
        chosen_freely = not self._plan.techniques
        for _ in range(LAST_ROUNDS):
            if len(done) < TRAINED_IN_ALL:
                last = last_chains(tried, done, both, goal, limits, int8_follows=chosen_freely)
                done += self.full(last, may_be_none=True)
        if chosen_freely:
            self._step("training the best as int8 computes", None)
            done += self.as_int8(worth_as_int8(done, baseline, goal, limits))
        return done

    def require(self, trials: Sequence[Trial]) -> list[Outcome]:
        """Run trials that the search can't do without."""
        results = self._workers.run(self._setting, trials)
        for result in results:
            if isinstance(result, TinydeployError):
                raise result
        return [result for result in results if isinstance(result, Outcome)]

    def all(
        self,
        trials: Sequence[Trial],
        samples: int,
        judge: Literal["selection", "test"] = "selection",
        *,
        may_be_none: bool = False,
    ) -> list[Outcome]:
        """Run trials side by side. Those that can't be applied are noted; else an error raises.

        What all of them fail with raises too, unless there `may_be_none`.
        """
        wanted = [replace(trial, samples=samples, judge=judge) for trial in trials]
        teachers = list(dict.fromkeys(t for trial in wanted for t in trial.teachers))
        parents = _parents_by_depth(wanted)
        # What several share is done once, before them.
        self._workers.train(self._setting, teachers, self._step)
        self._workers.ask(self._setting, [*itertools.chain(*parents), *wanted], self._step)
        for shared in parents:
            self._workers.train(self._setting, shared, self._step)
        results = self._workers.run(self._setting, wanted, self._step)
        errors = [r for r in results if isinstance(r, TinydeployError)]
        nothing_works = len(errors) == len(results) and not may_be_none
        for error in errors:
            concerns_all = nothing_works and not isinstance(error, UsageError)
            if concerns_all or not isinstance(error, _OF_THE_CHAIN):
                raise error
        pairs = zip(wanted, results, strict=True)
        self.failed += [(str(t), r.message) for t, r in pairs if isinstance(r, TinydeployError)]
        return [_with_accuracy(r) for r in results if isinstance(r, Outcome)]

    def full(self, chains: Sequence[Chain], *, may_be_none: bool = False) -> list[Outcome]:
        """Train these chains in full, and judge them. What has failed is not asked again."""
        trainings = (self._plan.full, self._plan.between, self._plan.coaches)
        trials = [_chain(self._root, steps, *trainings) for steps in chains]
        known = {name for name, _ in self.failed}
        return self._judged([t for t in trials if str(t) not in known], may_be_none=may_be_none)

    def as_int8(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """These with quantization-aware training; without those for which it can't be."""
        last = Stage(Step(QAT), self._plan.as_int8, coaches=self._plan.coaches)
        return self._judged([o.trial.then(last) for o in outcomes], may_be_none=True)

    def _judged(self, trials: Sequence[Trial], *, may_be_none: bool = False) -> list[Outcome]:
        return self.all(trials, self._plan.test_samples, judge="test", may_be_none=may_be_none)

    def baseline(self) -> Outcome:
        """The original on the test samples, with all seeds where it is trained at all."""
        judged = replace(self._root, judge="test", samples=self._plan.test_samples)
        seeds = self._plan.seeds if self._root.stages else self._plan.seeds[:1]
        outcomes = self.require([judged.with_seed(seed) for seed in seeds])
        return _joined(outcomes[0], outcomes)

    def winner_with_all_seeds(
        self, finished: Sequence[Outcome], baseline: Outcome
    ) -> list[Outcome]:
        """`finished`, the winner among them with the accuracies of all seeds.

        Another one may win by its mean: it gets its seeds as well. What fails with some goes.
        """
        known = {o.trial: o for o in finished}
        while True:
            winners = pick_winners(list(known.values()), baseline, self._limits)
            best = winners.get(WINNERS[self._plan.goal])
            if best is None or len(best.accuracies) >= len(self._plan.seeds):
                return list(known.values())
            seeded = [best.trial.with_seed(seed) for seed in self._plan.seeds[1:]]
            others = self._judged(seeded, may_be_none=True)
            if len(others) == len(seeded):
                known[best.trial] = _joined(best, [best, *others])
            else:
                del known[best.trial]


def _with_accuracy(outcome: Outcome) -> Outcome:
    accuracy = outcome.figures.accuracy
    return outcome if accuracy is None else replace(outcome, accuracies=(accuracy,))


def _joined(first: Outcome, outcomes: Sequence[Outcome]) -> Outcome:
    return replace(first, accuracies=tuple(o.figures.accuracy or 0.0 for o in outcomes))


def _parents_by_depth(trials: Sequence[Trial]) -> list[list[Trial]]:
    """The distinct ancestors of `trials`, the first ones first."""
    levels: dict[int, dict[Trial, None]] = {}
    for trial in trials:
        parent = trial.parent
        while parent is not None:
            levels.setdefault(len(parent.stages), {})[parent] = None
            parent = parent.parent
    return [list(levels[depth]) for depth in sorted(levels)]
