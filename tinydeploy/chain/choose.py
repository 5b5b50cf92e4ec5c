"""Which candidates a search goes on with, and which one wins. Values in, values out."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np

from tinydeploy.chain.chains import Chain
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.options import Goal
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Outcome
from tinydeploy.compress.size import Of

TRAINED_SHORT = 8
TRAINED_FULL = 4
TRAINED_IN_ALL, LAST_ROUNDS = 6, 2
"""In full, or one more: if little is known yet of what may be lost, the second round knows more."""
_LEAST_GAIN = 1.05
_LIGHTEST = 3
_SAFE, _BOLD = 2.0, 3.5
"""Full training recovers much of what is lost after a short one: so many times the allowed drop
may be missing then."""
_MOST_RECOVERED = 6.0
_AIMED_SHARE = 0.85
"""Of the allowed drop: what is reckoned between two others may turn out worse."""
_AIMED_USE = 0.97
"""Of a limit: channels and ranks are whole numbers, and code is as large as it is."""
_LAST_SHARES = (0.85, 0.7)
_LAST_SHARES_BEFORE_INT8 = (1.0, 0.85)
_WON_AS_INT8 = 0.005
"""What training as int8 computes wins back where it follows."""
_LEAST_DROP = 0.015
"""With less, hardly anything would be trained in full: short training never recovers it all."""

Family = tuple[tuple[str, Of], ...]
"""Techniques and what their factors count: chains that differ in strength alone share it."""

WINNERS: dict[Goal, str] = {
    "size": "smallest",
    "accuracy": "most accurate",
    "speed": "fastest",
}


def gains(outcome: Outcome, baseline: Outcome) -> bool:
    """Whether it runs, and is smaller or faster by more than a trifle, or the other one can't run.

    Of a technique that is there for something else no gain is asked.
    """
    if not outcome.fits_board:
        return False
    is_for_size = not any(technique(step.technique).keeps_size for step in outcome.trial.steps)
    if not is_for_size or not baseline.fits_board:
        return True
    ours, before = outcome.figures, baseline.figures
    is_faster = ours.cost * _LEAST_GAIN <= before.cost
    return is_faster or ours.flash_bytes * _LEAST_GAIN <= before.flash_bytes


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


def just_within(screened: Iterable[Outcome], limits: Limits) -> list[Chain]:
    """Of each sequence of techniques a strength whose model should just meet the limits.

    So where the milder one of two exceeds them and the next does not. Shares are taken as straight
    lines over the logarithm of the strength.
    """
    neighbours = map(itertools.pairwise, _families(sorted(screened, key=_strength)).values())
    found = []
    for milder, stronger in itertools.chain(*neighbours):
        more, less = (max(limits.used(o.figures).values(), default=0) for o in (milder, stronger))
        if more > 1 > _AIMED_USE > less:
            way = math.log(more / _AIMED_USE) / math.log(more / less)
            found.append(_steps_between(milder, stronger, way))
    return found


def promising(outcomes: Sequence[Outcome], goal: Goal) -> list[Outcome]:
    """At most TRAINED_SHORT, from strong to light: of each sequence of techniques as many.

    What can't be shared evenly is for the longest sequences. For the accuracy they are the
    lightest of each.
    """
    families = sorted(_families(outcomes).values(), key=lambda f: -len(f[0].trial.steps))
    if goal == "accuracy":
        families = [sorted(family, key=_strength)[:_LIGHTEST] for family in families]
    turns = sorted((turn, k) for k, family in enumerate(families) for turn in range(len(family)))
    places = Counter(k for _, k in turns[:TRAINED_SHORT])
    picked = [_spread(family, places[k], goal) for k, family in enumerate(families)]
    return sorted(itertools.chain(*picked), key=_less_is_better(goal))


def first_chains(
    tried: Sequence[Outcome], baseline: Outcome, goal: Goal, limits: Limits
) -> list[Chain]:
    """Of the short-trained ones the two to train in full first.

    For the accuracy a safe one and the most accurate, else a bold one and a safe one.
    """
    front = pareto_front(tried)
    if not front:
        return []
    order = _of_goal("size" if goal == "accuracy" else goal)
    wanted = (_SAFE,) if goal == "accuracy" else (_BOLD, _SAFE)
    near = (_near(front, baseline, limits, times) for times in wanted)
    picks = [min(some, key=order) for some in near if some]
    picks.append(max(front, key=_accuracy))
    return list(dict.fromkeys(o.trial.steps for o in picks))[:2]


def next_chains(
    tried: Sequence[Outcome],
    finished: Sequence[Outcome],
    baselines: tuple[Outcome, Outcome],
    goal: Goal,
    limits: Limits,
) -> list[Chain]:
    """Those to train in full next: bolder ones, if they recover as the first did, or safer ones.

    The latter where none is within the limits yet, or the most accurate is wanted.
    Of the same techniques a strength between two that were tried may be what the drop allows.
    `baselines` are judged on the samples of `tried`, and on those of `finished`.
    """
    if not finished:
        return []
    done = {o.trial.steps: baselines[1].accuracy - o.accuracy for o in finished}
    left = [o for o in pareto_front(tried) if o.trial.steps not in done]
    lost = {o.trial.steps: baselines[0].accuracy - o.accuracy for o in tried}
    within = [o for o in finished if _is_good(o, baselines[1], limits)]
    drop = limits.accuracy_drop if within else max(limits.accuracy_drop, _LEAST_DROP)

    def predicted(outcome: Outcome) -> float:
        """What is lost in the end, if it recovers as the finished one does that is most like it.

        That is one of the same techniques, where there is one.
        """
        steps = outcome.trial.steps
        if steps in done:
            return done[steps]
        alike = min(
            done,
            key=lambda other: (_family(other) != _family(steps), abs(lost[other] - lost[steps])),
        )
        part = _left_of_it(done[alike], lost[alike])
        return done[alike] + part * (lost[steps] - lost[alike])

    order = _of_goal(goal)
    boldest = min((order(o) for o in within), default=math.inf)
    good = [(order(o), o.trial.steps) for o in left if predicted(o) <= drop]
    if goal != "accuracy":
        good += _between(tried, predicted, order, _AIMED_SHARE * drop, drop)
    bolder = [steps for cost, steps in sorted(good, key=lambda one: one[0]) if cost < boldest]
    needs_safer = goal == "accuracy" or not within
    safer = sorted(left, key=_accuracy, reverse=True) if needs_safer else []
    wanted = dict.fromkeys((*bolder, *(o.trial.steps for o in safer)))
    return list(wanted)[: TRAINED_FULL - len(finished)]


def last_chains(
    tried: Sequence[Outcome],
    finished: Sequence[Outcome],
    baselines: tuple[Outcome, Outcome],
    goal: Goal,
    limits: Limits,
    *,
    int8_follows: bool = False,
) -> list[Chain]:
    """Two strengths more of the techniques that won, for what may be lost yet.

    One may turn out better than reckoned, the other worse. They may lose all that is allowed if
    `int8_follows`: training as int8 computes, which wins some back. For the accuracy they are two
    larger ones of any techniques: a short training tells such small losses badly apart.
    `baselines` are judged on the samples of `tried`, and on those of `finished`.
    """
    winners = pick_winners(finished, baselines[1], limits)
    if not winners and int8_follows:
        winners = pick_winners(finished, baselines[1], _wider(limits))
    if not winners:
        return []
    best, order = winners[WINNERS[goal]], _of_goal(goal)
    done = {outcome.trial.steps for outcome in finished}
    if goal == "accuracy":
        larger = [o for o in tried if o.figures.flash_bytes > best.figures.flash_bytes]
        chains = [o.trial.steps for o in sorted(larger, key=_accuracy, reverse=True)]
        return [steps for steps in chains if steps not in done][:2]
    losses = _losses(best, tried, finished, baselines)
    shares = _LAST_SHARES_BEFORE_INT8 if int8_follows else _LAST_SHARES
    found = (_aimed(losses, order, share * limits.accuracy_drop) for share in shares)
    better = (steps for cost, steps in itertools.chain(*found) if cost < order(best))
    return [steps for steps in dict.fromkeys(better) if steps not in done]


def _losses(
    best: Outcome,
    tried: Sequence[Outcome],
    finished: Sequence[Outcome],
    baselines: tuple[Outcome, Outcome],
) -> list[tuple[Outcome, float]]:
    """All of the techniques of `best` from mild to strong, and what each loses.

    Of those stronger than any finished one it is what they would lose, if they recover as `best`
    did from what one of its strength lost after a short training.
    """
    family = _family(best.trial.steps)
    done = sorted(_families(finished)[family], key=_strength)
    known = [(outcome, baselines[1].accuracy - outcome.accuracy) for outcome in done]
    short = sorted(_families(tried).get(family, ()), key=_strength)
    strengths = [math.log(_strength(outcome)) for outcome in short]
    lost = [baselines[0].accuracy - outcome.accuracy for outcome in short]
    pairs = zip(short, lost, strict=True)
    stronger = [(o, loss) for o, loss in pairs if _strength(o) > _strength(done[-1])]
    if stronger:
        in_the_end = baselines[1].accuracy - best.accuracy
        at_first = float(np.interp(math.log(_strength(best)), strengths, lost))
        part = _left_of_it(in_the_end, at_first)
        known += [(o, in_the_end + part * (loss - at_first)) for o, loss in stronger]
    return known


def _aimed(
    losses: Sequence[tuple[Outcome, float]], order: Callable[[Outcome], float], aimed: float
) -> list[tuple[float, Chain]]:
    """(what to expect of the goal, chain) that should lose what is `aimed` at.

    The strongest, where that loses less.
    """
    strongest, most = losses[-1]
    if most <= aimed:
        return [(order(strongest), strongest.trial.steps)]
    return [
        _mixed(a, b, (aimed - less) / (more - less), order)
        for (a, less), (b, more) in itertools.pairwise(losses)
        if less < aimed < more
    ]


def worth_as_int8(
    finished: Sequence[Outcome], baseline: Outcome, goal: Goal, limits: Limits
) -> list[Outcome]:
    """Of those trained in full the ones to train on as int8 computes.

    They are the most accurate; or the two that are best at what is asked for, and within the limits
    or so little outside that this may bring them in.
    """
    if goal == "accuracy":
        return sorted(finished, key=_accuracy, reverse=True)[:1]
    near = [outcome for outcome in finished if _is_good(outcome, baseline, _wider(limits))]
    return sorted(near, key=_of_goal(goal))[:2]


def _wider(limits: Limits) -> Limits:
    """What may be lost before training as int8 computes."""
    return replace(limits, accuracy_drop=limits.accuracy_drop + _WON_AS_INT8)


def _between(
    tried: Sequence[Outcome],
    predicted: Callable[[Outcome], float],
    order: Callable[[Outcome], float],
    aimed: float,
    drop: float,
) -> list[tuple[float, Chain]]:
    """(what to expect of the goal, chain) where one strength loses too little, the next too much.

    They should lose what is `aimed` at; too much is more than the `drop`. Losses and costs are
    taken as straight lines over the logarithm of the strength.
    """
    neighbours = map(itertools.pairwise, _families(sorted(tried, key=_strength)).values())
    found = []
    for milder, stronger in itertools.chain(*neighbours):
        less, more = predicted(milder), predicted(stronger)
        if less < aimed <= drop < more:
            found.append(_mixed(milder, stronger, (aimed - less) / (more - less), order))
    return found


def _mixed(
    milder: Outcome, stronger: Outcome, way: float, order: Callable[[Outcome], float]
) -> tuple[float, Chain]:
    """(what to expect of the goal, chain) on the `way` (0 to 1) from one strength to another."""
    expected = order(milder) ** (1 - way) * order(stronger) ** way
    return expected, _steps_between(milder, stronger, way)


def _steps_between(milder: Outcome, stronger: Outcome, way: float) -> Chain:
    return tuple(
        replace(a, factor=round(a.factor ** (1 - way) * b.factor**way, 2))
        for a, b in zip(milder.trial.steps, stronger.trial.steps, strict=True)
    )


def _strength(outcome: Outcome) -> float:
    return math.prod(step.factor for step in outcome.trial.steps)


def _left_of_it(in_the_end: float, at_first: float) -> float:
    """Which part of what is lost after a short training full training leaves."""
    part = in_the_end / at_first if at_first > 0 else 0.0
    return min(max(part, 1 / _MOST_RECOVERED), 1.0)


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


def _families(outcomes: Iterable[Outcome]) -> dict[Family, list[Outcome]]:
    """Those of the same techniques together, in the order in which they come."""
    found: dict[Family, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(_family(outcome.trial.steps), []).append(outcome)
    return found


def _family(steps: Chain) -> Family:
    return tuple((step.technique, step.of) for step in steps)


def _spread(outcomes: Sequence[Outcome], count: int, goal: Goal) -> list[Outcome]:
    """At most `count`, evenly from the strongest to the lightest; the lightest, if it is one."""
    ordered = sorted(outcomes, key=_less_is_better(goal))
    if len(ordered) <= count:
        return ordered
    if count <= 1:
        return ordered[len(ordered) - count :]
    return [ordered[k * (len(ordered) - 1) // (count - 1)] for k in range(count)]


def _near(
    outcomes: Sequence[Outcome], baseline: Outcome, limits: Limits, times: float
) -> list[Outcome]:
    """Those that lack at most so many times the allowed drop."""
    drop = max(limits.accuracy_drop, _LEAST_DROP)
    return [o for o in outcomes if o.accuracy >= baseline.accuracy - times * drop]


def _is_good(outcome: Outcome, baseline: Outcome, limits: Limits) -> bool:
    is_accurate = outcome.accuracy >= baseline.accuracy - limits.accuracy_drop
    return is_accurate and outcome.fits_board and not limits.exceeded(outcome.figures)


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
