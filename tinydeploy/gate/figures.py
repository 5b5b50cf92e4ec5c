"""The figures that `tinydeploy check` watches, and how a person writes and reads them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from tinydeploy.errors import UsageError

_US = {"us": 1.0, "µs": 1.0, "ms": 1e3, "s": 1e6}
_BYTES = {"B": 1.0, "kB": 1e3, "KiB": 1024.0, "MB": 1e6, "MiB": 1024.0**2}
_COUNTS = {"k": 1e3, "M": 1e6, "G": 1e9}
_PERCENT = {"%": 0.01}
# A comma stands between thousands: "1,5 ms" may not be taken for 15.
_WHOLE = r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9][0-9_]*"
_AMOUNT = re.compile(rf"\s*((?:{_WHOLE})(?:\.[0-9]+)?)\s*([^\s0-9.,]*)\s*")


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a pair. `tolerance` is the share of the baseline by which it may get worse.

    `units` maps what a budget may be written in to factors; a count needs none.
    """

    name: str
    units: Mapping[str, float]
    example: str
    tolerance: float = 0.0
    is_count: bool = False
    more_is_better: bool = False

    def parse(self, text: object, where: str) -> float:
        """Return a budget as a number. Raises UsageError, saying what to write instead."""
        if isinstance(text, int) and not isinstance(text, bool) and self.is_count:
            return float(text)
        found = _AMOUNT.fullmatch(text if isinstance(text, str) else str(text))
        if found is None:
            raise UsageError(f"{where} is {text!r}", f"Write it like {self.example}.")
        number, unit = float(re.sub("[_,]", "", found[1])), found[2]
        if not unit and not self.is_count:
            units = ", ".join(self.units)
            raise UsageError(
                f"{where} is {text!r}: the unit is missing",
                f"Write it like {self.example} (units: {units}).",
            )
        if unit and unit not in self.units:
            raise UsageError(
                f"{where} is {text!r}: no unit {unit!r}",
                f"Write it like {self.example} (units: {', '.join(self.units)}).",
            )
        factor = self.units.get(unit, 1.0)
        # 95 % of 20 samples are 19: 95 * 0.01 is more than 0.95.
        return number * factor if factor >= 1 else number / round(1 / factor)

    def show(self, value: float) -> str:
        """`value` for a person, with its unit."""
        if self.units is _PERCENT:
            return f"{value:.2%}"
        if self.units is _US:
            return f"{value:,.1f} µs"
        return f"{value:,.0f} B" if self.units is _BYTES else f"{value:,.0f}"

    def is_worse(self, value: float, limit: float) -> bool:
        """Whether `value` is on the bad side of `limit`."""
        return value < limit if self.more_is_better else value > limit


FIGURES = (
    Figure("latency", _US, '"12 ms"', tolerance=0.05),
    Figure("instructions", _COUNTS, '"2.6 M" or 2_600_000', tolerance=0.01, is_count=True),
    Figure("arena", _BYTES, '"16 kB"'),
    Figure("stack", _BYTES, '"1 kB"'),
    Figure("ram", _BYTES, '"64 kB"'),
    Figure("flash", _BYTES, '"256 kB"'),
    Figure("accuracy", _PERCENT, '"90 %"', more_is_better=True),
    Figure("mismatched_bytes", _COUNTS, "0", is_count=True),
)
"""RAM is static memory and peak stack; flash is code, weights and runtime, as linked."""


def figure(name: str) -> Figure:
    """The figure of this name."""
    return next(f for f in FIGURES if f.name == name)


def parse_share(text: object, where: str) -> float:
    """A tolerance such as "0.5 %" as a share. Raises UsageError."""
    return Figure("tolerance", _PERCENT, '"0.5 %"').parse(text, where)
