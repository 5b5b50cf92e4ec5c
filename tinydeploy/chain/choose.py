"""Which candidates a search goes on with, and which one wins. Values in, values out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tinydeploy.chain.chains import Goal
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Outcome

TRAINED_SHORT = 8
TRAINED_FULL = 3
_LEAST_GAIN = 1.05
_MIDDLING, _BOLD = 2.0, 3.5
"""Full training recovers much of what is lost after a short one: so many times the allowed drop
may be missing then."""
_LEAST_DROP = 0.015
"""With less, hardly anything would be trained in full: short training never recovers it all."""

WINNERS: dict[Goal, str] = {
    "size": "smallest",
    "accuracy": "most accurate",
    "speed": "fastest",
}


def gains(outcome: Outcome, baseline: Outcome) -> bool:
    """Whether it is smaller or faster by more than a trifle, or runs where the other one can't.

    Of a technique that is there for something else no gain is asked.
    """
    if any(technique(step.technique).keeps_size for step in outcome.trial.steps):
        return True
    ours, before = outcome.figures, baseline.figures
    is_faster = ours.cost * _LEAST_GAIN <= before.cost
    is_smaller = ours.flash_bytes * _LEAST_GAIN <= before.flash_bytes
    return is_faster or is_smaller or (outcome.fits_board and not baseline.fits_board)


def distinct(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Of strengths that end in the same model, the first: a layer can't have less than a channel.

    So it is where the same techniques have come to the same figures, and the last to the same
    layers.
    """
    found: dict[str, Outcome] = {}
    for outcome in outcomes:
        names = [step.technique for step in outcome.trial.steps]
        found.setdefault(f"{names} {outcome.figures} {outcome.layers}", outcome)
    return list(found.values())


def promising(outcomes: Sequence[Outcome], goal: Goal) -> list[Outcome]:
    """At most TRAINED_SHORT, from strong to light; if need be, rather chains than single steps."""
    chains = [o for o in outcomes if len(o.trial.steps) > 1]
    single = [o for o in outcomes if len(o.trial.steps) <= 1]
    room_for_chains = max(TRAINED_SHORT - len(single), TRAINED_SHORT - TRAINED_SHORT // 3)
    picked = _spread(chains, room_for_chains, goal)
    picked += _spread(single, TRAINED_SHORT - len(picked), goal)
    return sorted(picked, key=_less_is_better(goal))


def first_picks(
    tried: Sequence[Outcome], baseline: Outcome, goal: Goal, limits: Limits
) -> list[Outcome]:
    """Of the short-trained ones those to train in full first: a middling one, the most accurate."""
    front = pareto_front(tried)
    if not front:
        return []
    most_accurate = max(front, key=_accuracy)
    near = _near(front, baseline, limits, _MIDDLING) or [most_accurate]
    middling = min(near, key=_of_goal("size" if goal == "accuracy" else goal))
    return list({o.trial: o for o in (middling, most_accurate)}.values())


def next_picks(
    tried: Sequence[Outcome],
    finished: Sequence[Outcome],
    baselines: tuple[Outcome, Outcome],
    goal: Goal,
    limits: Limits,
) -> list[Outcome]:
    """Those to train in full next: bolder or safer ones, as much as the boldest so far recovered.

    `baselines` are judged on the samples of `tried`, and on those of `finished`.
    """
    if not finished:
        return []
    done = {o.trial.steps for o in finished}
    left = [o for o in pareto_front(tried) if o.trial.steps not in done]
    order = _of_goal(goal)
    boldest = min(finished, key=order)
    briefly = next(o for o in tried if o.trial.steps == boldest.trial.steps)
    lost = [b.accuracy - o.accuracy for b, o in zip(baselines, (briefly, boldest), strict=True)]
    times = min(lost[0] / lost[1], _BOLD) if min(lost) > 0 else _BOLD
    by_goal = sorted(_near(left, baselines[0], limits, times), key=order)
    by_accuracy = sorted(left, key=_accuracy, reverse=True)
    ordered = [*by_goal, *by_accuracy]
    return list({o.trial: o for o in ordered}.values())[: TRAINED_FULL - len(finished)]


def pick_winners(
    finished: Sequence[Outcome], baseline: Outcome, limits: Limits
) -> dict[str, Outcome]:
    """Smallest, most accurate and fastest of those within the limits; {} if none is."""
    good = [o for o in finished if _is_good(o, baseline, limits)]
    return {name: min(good, key=_of_goal(goal)) for goal, name in WINNERS.items()} if good else {}


def pareto_front(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Those that no other beats in accuracy, cost, flash and RAM at once."""
    known = list(outcomes)
    return [o for o in known if not any(_dominates(other, o) for other in known)]


def _spread(outcomes: Sequence[Outcome], count: int, goal: Goal) -> list[Outcome]:
    """At most `count`, evenly from the strongest to the lightest."""
    ordered = sorted(outcomes, key=_less_is_better(goal))
    if len(ordered) <= count:
        return ordered
    if count <= 1:
        return ordered[len(ordered) // 2 :][:count]
    return [ordered[k * (len(ordered) - 1) // (count - 1)] for k in range(count)]


def _near(
    outcomes: Sequence[Outcome], baseline: Outcome, limits: Limits, times: float
) -> list[Outcome]:
    """Those that lack at most so many times the allowed drop."""
    drop = max(limits.accuracy_drop, _LEAST_DROP)
    return [o for o in outcomes if o.accuracy >= baseline.accuracy - times * drop]


def _is_good(outcome: Outcome, baseline: Outcome, limits: Limits) -> bool:
    is_accurate = outcome.accuracy >= baseline.accuracy - limits.accuracy_drop
    return is_accurate and not limits.exceeded(outcome.figures)


def _accuracy(outcome: Outcome) -> float:
    return outcome.accuracy


def _less_is_better(goal: Goal) -> Callable[[Outcome], float]:
    """What `goal` counts, before the accuracy is known."""
    return _of_goal("speed" if goal == "speed" else "size")


def _of_goal(goal: Goal) -> Callable[[Outcome], float]:
    """What the winner of `goal` has least of."""
    ways: dict[Goal, Callable[[Outcome], float]] = {
        "size": lambda o: o.figures.flash_bytes,
        "accuracy": lambda o: -o.accuracy,
        "speed": lambda o: o.figures.cost,
    }
    return ways[goal]


def _dominates(a: Outcome, b: Outcome) -> bool:
    ours, theirs = _axes(a), _axes(b)
    return ours != theirs and all(x <= y for x, y in zip(ours, theirs, strict=True))


def _axes(outcome: Outcome) -> tuple[float, ...]:
    """All of which less is better."""
    f = outcome.figures
    return (-outcome.accuracy, f.cost, f.flash_bytes, f.arena_bytes)
