"""The search: cheap estimates of many chains, short training of some, full training of the best.

1. Every chain of the plan is applied without training, and measured on the board: what does not
   meet the limits, or gains nothing, goes.
2. The rest is trained for a few epochs. What costs at least as much as another and is no better
   goes (the Pareto front stays), as does what has lost far too much.
3. The best of these for each goal are trained in full, and judged on samples that neither training
   nor selection has seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Figures, Outcome, Setting, Stage, Step, Trial
from tinydeploy.chain.workers import Workers
from tinydeploy.compress.fit import Fit
from tinydeploy.errors import DoesNotFitError, TinydeployError, UsageError
from tinydeploy.progress import Step as Progress
from tinydeploy.progress import no_step

Goal = Literal["size", "accuracy", "speed"]

_TRAINED_SHORT = 6
_TRAINED_FULL = 3
_LEAST_GAIN = 1.05
_STRENGTHS = (1.5, 2.1, 3.0, 4.0)
_RECOVERABLE = 3.0
"""Short training recovers part of what a step has lost: so many times the allowed drop may stay."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the result must meet; None: no limit. The drop is a share, against the baseline."""

    ram_bytes: float | None = None
    flash_bytes: float | None = None
    latency_us: float | None = None
    instructions: float | None = None
    accuracy_drop: float = 0.03

    def exceeded(self, figures: Figures) -> dict[str, float]:
        """{limit: by which factor it is exceeded}, apart from the accuracy."""
        pairs = {
            "max-ram": (figures.arena_bytes, self.ram_bytes),
            "max-flash": (figures.flash_bytes, self.flash_bytes),
            "max-latency": (figures.latency_us, self.latency_us),
            "max-instructions": (figures.instructions, self.instructions),
        }
        return {
            name: value / limit
            for name, (value, limit) in pairs.items()
            if value is not None and limit is not None and value > limit
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What to search: the chains, and how to train after each stage.

    `baseline` is the training that the original itself gets first; 0 epochs: none.
    """

    chains: tuple[tuple[Step, ...], ...]
    baseline: Fit
    between: Fit
    short: Fit
    full: Fit
    selection_samples: int = 500
    test_samples: int = 3000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the baseline and finished chains, judged on the test samples."""

    baseline: Outcome
    finished: tuple[Outcome, ...]
    winners: dict[str, Outcome]
    """smallest, most accurate, fastest: of those that meet the limits."""
    failed: tuple[tuple[str, str], ...]
    """Chains that could not be applied, and why."""


def default_chains(techniques: Sequence[str] = ()) -> tuple[tuple[Step, ...], ...]:
    """The chains worth trying; with `techniques`, each of these alone at several strengths.

    Light pruning first, then a factorization, beats either alone at the same size.
    """
    if techniques:
        return tuple(
            (Step(name, f),)
            for name in techniques
            for f in (_STRENGTHS if technique(name).takes_factor else (1.0,))
        )
    svd, prune = "spatial-svd", "prune-channels"
    alone = [(Step(name, f),) for name in (svd, prune) for f in (1.5, 2.1, 3.0)]
    chained = [(Step(prune, p), Step(svd, s)) for p in (1.4, 2.0, 3.0) for s in (1.5, 2.0)]
    return (*alone, *chained)


def search(
    setting: Setting,
    plan: Plan,
    limits: Limits,
    workers: Workers,
    step: Progress = no_step,
) -> Found:
    """Find chains that meet the limits. Raises DoesNotFitError, with the closest, where none does.

    Raises whatever the baseline itself fails with.
    """
    root = Trial((Stage(None, plan.baseline),)) if plan.baseline.epochs else Trial()
    step("measuring the model as it is", None)
    selected = _require(workers, setting, replace(root, samples=plan.selection_samples))
    untrained = [_chain(root, steps, replace(plan.short, epochs=0)) for steps in plan.chains]
    step("estimating chains on the board", None)
    screened, failed = _run(workers, setting, untrained, 0, step)
    promising = [o for o in screened if _gains(o, selected) and not limits.exceeded(o.figures)]
    if not promising:
        raise _nothing_fits(screened, limits, failed)
    chosen = _spread(promising, _TRAINED_SHORT)
    step("training the promising ones", None)
    short = [_chain(root, o.trial.steps, plan.short, plan.between) for o in chosen]
    tried, more = _run(workers, setting, short, plan.selection_samples, step)
    best = _best(tried, selected, limits)
    step("training the best in full", None)
    full = [_chain(root, o.trial.steps, plan.full, plan.between) for o in best]
    finished, still_more = _run(workers, setting, full, plan.test_samples, step, judge="test")
    baseline = _require(workers, setting, replace(root, judge="test", samples=plan.test_samples))
    failed += more + still_more
    winners = _winners(finished, baseline, limits)
    if not winners:
        raise _too_inaccurate(finished, baseline, limits)
    return Found(baseline, tuple(finished), winners, tuple(failed))


def winner(found: Found, goal: Goal) -> Outcome:
    """The outcome that `goal` asks for."""
    names = {"size": "smallest", "accuracy": "most accurate", "speed": "fastest"}
    return found.winners[names[goal]]


def pareto_front(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that no other beats in accuracy, cost, flash and RAM at once."""
    known = list(outcomes)
    return [o for o in known if not any(_dominates(other, o) for other in known)]


def _chain(root: Trial, steps: tuple[Step, ...], last: Fit, between: Fit | None = None) -> Trial:
    trial = root
    for number, one in enumerate(steps, 1):
        trial = trial.then(one, last if number == len(steps) else between or last)
    return trial


def _require(workers: Workers, setting: Setting, trial: Trial) -> Outcome:
    (result,) = workers.run(setting, [trial])
    if isinstance(result, TinydeployError):
        raise result
    return result


def _run(
    workers: Workers,
    setting: Setting,
    trials: Sequence[Trial],
    samples: int,
    step: Progress,
    judge: Literal["selection", "test"] = "selection",
) -> tuple[list[Outcome], list[tuple[str, str]]]:
    wanted = [replace(trial, samples=samples, judge=judge) for trial in trials]
    for parents in _parents_by_depth(wanted):  # shared by several, and trained once
        workers.run(setting, parents, step)
    results = workers.run(setting, wanted, step)
    pairs = list(zip(wanted, results, strict=True))
    failed = [(str(t), r.message) for t, r in pairs if isinstance(r, TinydeployError)]
    # A step out of reach is that chain's own fault; anything else concerns every chain.
    grave = [r for _, r in pairs if isinstance(r, TinydeployError)]
    if grave and len(grave) == len(pairs) and not isinstance(grave[0], UsageError):
        raise grave[0]
    return [r for _, r in pairs if isinstance(r, Outcome)], failed


def _parents_by_depth(trials: Sequence[Trial]) -> list[list[Trial]]:
    """The distinct ancestors of `trials`, the first ones first."""
    levels: dict[int, dict[Trial, None]] = {}
    for trial in trials:
        parent = trial.parent
        while parent is not None:
            levels.setdefault(len(parent.stages), {})[parent] = None
            parent = parent.parent
    return [list(levels[depth]) for depth in sorted(levels)]


def _gains(outcome: Outcome, baseline: Outcome) -> bool:
    if any(technique(step.technique).keeps_size for step in outcome.trial.steps):
        return True
    ours, before = outcome.figures, baseline.figures
    is_faster = ours.cost * _LEAST_GAIN <= before.cost
    is_smaller = ours.flash_bytes * _LEAST_GAIN <= before.flash_bytes
    return is_faster or is_smaller or (outcome.fits_board and not baseline.fits_board)


def _spread(outcomes: Sequence[Outcome], count: int) -> list[Outcome]:
    """At most `count`, evenly from the most to the least costly."""
    ordered = sorted(outcomes, key=lambda o: o.figures.cost)
    if len(ordered) <= count:
        return ordered
    return [ordered[k * (len(ordered) - 1) // (count - 1)] for k in range(count)]


def _accuracy(outcome: Outcome) -> float:
    return outcome.figures.accuracy or 0.0


def _best(outcomes: Sequence[Outcome], baseline: Outcome, limits: Limits) -> list[Outcome]:
    """The most promising: of the Pareto front, those that full training may bring within limits."""
    floor = _accuracy(baseline) - _RECOVERABLE * limits.accuracy_drop
    front = pareto_front(outcomes)
    near = [o for o in front if _accuracy(o) >= floor]
    ordered = near or sorted(front, key=_accuracy)[-_TRAINED_FULL:]
    picks = [
        min(ordered, key=lambda o: o.figures.cost),
        min(ordered, key=lambda o: o.figures.flash_bytes),
        max(ordered, key=_accuracy),
        *_spread(ordered, _TRAINED_FULL),
    ]
    return list({o.trial: o for o in picks}.values())[:_TRAINED_FULL]


def _dominates(a: Outcome, b: Outcome) -> bool:
    ours, theirs = _axes(a), _axes(b)
    return ours != theirs and all(x <= y for x, y in zip(ours, theirs, strict=True))


def _axes(outcome: Outcome) -> tuple[float, ...]:
    """All of which less is better."""
    f = outcome.figures
    return (-_accuracy(outcome), f.cost, f.flash_bytes, f.arena_bytes)


def _winners(finished: Sequence[Outcome], baseline: Outcome, limits: Limits) -> dict[str, Outcome]:
    floor = _accuracy(baseline) - limits.accuracy_drop
    good = [o for o in finished if _accuracy(o) >= floor and not limits.exceeded(o.figures)]
    if not good:
        return {}
    return {
        "smallest": min(good, key=lambda o: o.figures.flash_bytes),
        "most accurate": max(good, key=_accuracy),
        "fastest": min(good, key=lambda o: o.figures.cost),
    }


def _nothing_fits(
    screened: Sequence[Outcome], limits: Limits, failed: Sequence[tuple[str, str]]
) -> TinydeployError:
    if not screened:
        reasons = "; ".join(f"{chain}: {why}" for chain, why in failed[:3])
        return UsageError(f"no technique can be applied: {reasons}", "Try other techniques.")
    closest = sorted(screened, key=lambda o: max(limits.exceeded(o.figures).values(), default=1))
    shown = "; ".join(_shown(o, limits) for o in closest[:3])
    return DoesNotFitError(
        f"no chain meets the limits; the closest: {shown}",
        "Raise the limits, or begin with a smaller model.",
    )


def _shown(outcome: Outcome, limits: Limits) -> str:
    over = ", ".join(f"{name} ×{by:.2f}" for name, by in limits.exceeded(outcome.figures).items())
    return f"{outcome.trial} ({over or 'gains nothing'})"


def _too_inaccurate(
    finished: Sequence[Outcome], baseline: Outcome, limits: Limits
) -> TinydeployError:
    closest = sorted(finished, key=_accuracy, reverse=True)
    shown = "; ".join(f"{o.trial}: {_accuracy(o):.1%}" for o in closest[:3])
    return DoesNotFitError(
        f"no chain stays within {limits.accuracy_drop:.1%} of the baseline's "
        f"{_accuracy(baseline):.1%}; the closest: {shown}",
        "Allow a larger --max-accuracy-drop, or train longer (--epochs).",
    )
