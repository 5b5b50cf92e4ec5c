"""What the result must meet."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.chain.trial import Figures


@dataclass(frozen=True, slots=True)
class Limits:
    """What the result must meet; None: no limit. The drop is a share, against the baseline."""

    ram_bytes: float | None = None
    flash_bytes: float | None = None
    latency_us: float | None = None
    instructions: float | None = None
    accuracy_drop: float = 0.03

    def used(self, figures: Figures) -> dict[str, float]:
        """{limit: which share of it is used, above 1 if exceeded}, but for the accuracy."""
        pairs = {
            "max-ram": (figures.arena_bytes, self.ram_bytes),
            "max-flash": (figures.flash_bytes, self.flash_bytes),
            "max-latency": (figures.latency_us, self.latency_us),
            "max-instructions": (figures.instructions, self.instructions),
        }
        return {
            name: value / limit
            for name, (value, limit) in pairs.items()
            if value is not None and limit is not None
        }

    def exceeded(self, figures: Figures) -> dict[str, float]:
        """{limit: by which factor it is exceeded}, but for the accuracy."""
        return {name: share for name, share in self.used(figures).items() if share > 1}
