"""What a search says that found nothing: which limit it was, and what came closest."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tinydeploy.chain.chains import Shares
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.trial import Outcome
from tinydeploy.errors import DoesNotFitError, TinydeployError, UsageError

_SHOWN = 3


def nothing_to_cut(techniques: Sequence[str], shares: Shares) -> TinydeployError:
    """The layers that these techniques can make smaller hold too little for any strength."""
    held = "; ".join(
        f"{name}: layers with {shares[name]['weights']:.0%} of the weights and "
        f"{shares[name]['macs']:.0%} of the MACs"
        for name in techniques
        if name in shares
    )
    return UsageError(
        f"there is too little to cut for {held}",
        "Try other techniques, or name none: those that fit the model are tried.",
    )


def nothing_fits(
    screened: Sequence[Outcome], limits: Limits, failed: Sequence[tuple[str, str]]
) -> TinydeployError:
    """No chain meets the limits of size and speed, or gains anything."""
    if not screened:
        reasons = "; ".join(f"{chain}: {why}" for chain, why in failed[:_SHOWN])
        return UsageError(f"no technique can be applied: {reasons}", "Try other techniques.")
    closest = sorted(screened, key=lambda outcome: _distance(outcome, limits))
    shown = "; ".join(f"{o.trial} ({_reason(o, limits)})" for o in closest[:_SHOWN])
    if any(_distance(outcome, limits) > 1 for outcome in screened):
        return DoesNotFitError(
            f"no chain meets the limits; the closest: {shown}",
            "Raise the limits, or begin with a smaller model.",
        )
    return DoesNotFitError(
        f"no chain makes the model smaller or faster: {shown}",
        "Try other techniques, or build the model as it is.",
    )


def too_inaccurate(
    finished: Sequence[Outcome], baseline: Outcome, limits: Limits
) -> TinydeployError:
    """Chains were trained in full, and all lost too much, or grew beyond a limit."""
    closest = sorted(finished, key=lambda o: (_distance(o, limits), -o.accuracy))
    shown = "; ".join(_with_accuracy(o, limits) for o in closest[:_SHOWN])
    are_small = all(_distance(outcome, limits) <= 1 for outcome in closest[:_SHOWN])
    return DoesNotFitError(
        f"no chain stays within {'' if are_small else 'the limits and '}"
        f"{limits.accuracy_drop:.1%} of the baseline's {baseline.accuracy:.1%}; "
        f"the closest: {shown}",
        "Allow a larger --max-accuracy-drop, or train longer (--epochs)."
        if are_small
        else "Raise the limits, or allow a larger --max-accuracy-drop.",
    )


def _with_accuracy(outcome: Outcome, limits: Limits) -> str:
    over = f" ({_reason(outcome, limits)})" if _distance(outcome, limits) > 1 else ""
    return f"{outcome.trial}: {outcome.accuracy:.1%}{over}"


def _distance(outcome: Outcome, limits: Limits) -> float:
    """By which factor the worst limit is exceeded; 1: none is."""
    if not outcome.fits_board:
        return math.inf
    return max(limits.exceeded(outcome.figures).values(), default=1.0)


def _reason(outcome: Outcome, limits: Limits) -> str:
    over = [f"{name} ×{by:.2f}" for name, by in limits.exceeded(outcome.figures).items()]
    no_room = [] if outcome.fits_board else ["no room on the board"]
    return ", ".join((*over, *no_room)) or "gains nothing"
