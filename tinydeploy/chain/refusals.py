"""What a search says that found nothing: which limit it was, and what came closest."""

from __future__ import annotations

from collections.abc import Sequence

from tinydeploy.chain.limits import Limits
from tinydeploy.chain.trial import Outcome
from tinydeploy.errors import DoesNotFitError, TinydeployError, UsageError

_SHOWN = 3


def nothing_fits(
    screened: Sequence[Outcome], limits: Limits, failed: Sequence[tuple[str, str]]
) -> TinydeployError:
    """No chain meets the limits of size and speed, or gains anything."""
    if not screened:
        reasons = "; ".join(f"{chain}: {why}" for chain, why in failed[:_SHOWN])
        return UsageError(f"no technique can be applied: {reasons}", "Try other techniques.")
    closest = sorted(screened, key=lambda o: max(limits.exceeded(o.figures).values(), default=1))
    shown = "; ".join(_shown(o, limits) for o in closest[:_SHOWN])
    return DoesNotFitError(
        f"no chain meets the limits; the closest: {shown}",
        "Raise the limits, or begin with a smaller model.",
    )


def _shown(outcome: Outcome, limits: Limits) -> str:
    over = ", ".join(f"{name} ×{by:.2f}" for name, by in limits.exceeded(outcome.figures).items())
    return f"{outcome.trial} ({over or 'gains nothing'})"


def too_inaccurate(
    finished: Sequence[Outcome], baseline: Outcome, limits: Limits
) -> TinydeployError:
    """Chains were trained in full, and all lost too much."""
    closest = sorted(finished, key=lambda o: o.accuracy, reverse=True)
    shown = "; ".join(f"{o.trial}: {o.accuracy:.1%}" for o in closest[:_SHOWN])
    return DoesNotFitError(
        f"no chain stays within {limits.accuracy_drop:.1%} of the baseline's "
        f"{baseline.accuracy:.1%}; the closest: {shown}",
        "Allow a larger --max-accuracy-drop, or train longer (--epochs).",
    )
