"""The chains that are worth trying for a model: which techniques, in which order, how strongly.

A light cut by one technique and then by another loses less than a heavy one by either. What a
technique can reach depends on where a model has its MACs and its weights: a convolution has most of
the former, a dense layer behind a Flatten most of the latter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinydeploy.chain.options import Goal
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Step
from tinydeploy.compress.size import Of

Shares = Mapping[str, Mapping[Of, float]]
"""{technique: the shares of the model's MACs and weights in the layers that it can make smaller}"""
Chain = tuple[Step, ...]

_LEAST_SHARE = 0.1
_MOST = 0.5
_REACHED = 0.9
"""At the smallest ranks something remains: of what a technique can reach, it can cut so much."""
_ALONE = (1.5, 2.1, 2.6, 3.2, 4.0)
_CHAINED = (2.0, 3.0, 4.5, 7.0, 10.0)
_ALONE_LIGHT = (1.45, 1.7, 2.1)
_CHAINED_LIGHT = (1.7, 2.1, 3.0)
"""For the accuracy. With less, the code and what a channel needs beside its weights hide the gain
in flash; the stronger ones follow for what a limit asks."""


def default_techniques(shares: Shares, goal: Goal) -> tuple[str, ...]:
    """Pruning first; then, where they hold enough, the low-rank ones of dense and of other layers.

    A technique is worth trying where its layers hold a tenth of what `goal` counts, or half of what
    it does not. Of those for convolutions spatial-svd loses least; channel-svd is there for models
    most of whose windows are of one pixel, one row or one column.
    """
    spatial, channel = shares["spatial-svd"], shares["channel-svd"]
    convolutions = "spatial-svd" if spatial["macs"] >= _MOST * channel["macs"] else "channel-svd"
    found = [name for name in ("dense-svd", convolutions) if _is_worth_trying(shares[name], goal)]
    return ("prune-channels", *found)


def make_chains(techniques: Sequence[str], shares: Shares, goal: Goal) -> tuple[Chain, ...]:
    """Each technique alone at several strengths; the first with each other; all, in this order.

    A strength of a chain is shared out evenly among its steps that have one. Chains with a step out
    of reach are left out, and those in which something follows what must come last.
    """
    names = list(dict.fromkeys(techniques))
    pairs = [(names[0], other) for other in names[1:]]
    together = [*pairs, *([tuple(names)] if len(names) > 2 else [])]
    wanted = [
        _chain(some, total, shares, goal)
        for some in (*((name,) for name in names), *together)
        if not any(technique(name).comes_last for name in some[:-1])
        for total in _strengths(some, goal)
    ]
    return tuple(dict.fromkeys(chain for chain in wanted if chain))


def _strengths(names: Sequence[str], goal: Goal) -> tuple[float, ...]:
    is_chained = len(_strong(names)) > 1
    usual, light = (_CHAINED, _CHAINED_LIGHT) if is_chained else (_ALONE, _ALONE_LIGHT)
    if goal != "accuracy":
        return usual
    return (*light, *(strength for strength in usual if strength > light[-1]))


def _strong(names: Sequence[str]) -> list[str]:
    return [name for name in names if technique(name).takes_factor]


def _chain(names: Sequence[str], total: float, shares: Shares, goal: Goal) -> Chain | None:
    strong = _strong(names)
    factor = round(total ** (1 / max(len(strong), 1)), 2)
    steps = []
    for name in names:
        if name not in strong:
            steps.append(Step(name))
            continue
        of = technique(name).counts or _aim(shares[name], goal)
        if factor > 1 / (1 - _REACHED * shares[name][of]):
            return None
        steps.append(Step(name, factor, of))
    return tuple(steps)


def _counted(goal: Goal) -> Of:
    return "macs" if goal == "speed" else "weights"


def _is_worth_trying(share: Mapping[Of, float], goal: Goal) -> bool:
    return share[_counted(goal)] >= _LEAST_SHARE or (
        goal != "speed" and share["macs"] >= _MOST  # fewer weights don't make it faster
    )


def _aim(share: Mapping[Of, float], goal: Goal) -> Of:
    """What `goal` counts, unless its layers hold little of that and most of the other."""
    wanted = _counted(goal)
    other: Of = "weights" if wanted == "macs" else "macs"
    return other if share[wanted] < _MOST <= share[other] else wanted
