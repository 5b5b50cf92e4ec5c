"""The report of a compression as one HTML page that needs nothing else, nor a network."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tinydeploy.codegen.jinja import render

_TEMPLATE = "report/compression.html.j2"
_WIDTH, _HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 16, 12, 44
_TICKS = 5
_MARGIN = 0.08
_LEAST_SPAN = 1e-3
_TITLES = {
    "instructions": "instructions",
    "latency_us": "latency in µs",
    "macs": "MACs",
    "flash_bytes": "flash in bytes",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A model in a plot, in pixels of the SVG; `kind` is a CSS class, `label` its tooltip."""

    x: float
    y: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Plot:
    """Accuracy against a cost. Ticks are (pixel, text); `front` is the Pareto front's polyline."""

    title: str
    marks: tuple[Mark, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    front: str
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = _HEIGHT - _BOTTOM


@dataclass(frozen=True, slots=True)
class _Axis:
    """Numbers from `low` to `high` on the pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def pixel(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[float]:
        """Round numbers: 1, 2 or 5 times a power of ten apart."""
        rough = (self.high - self.low) / _TICKS
        power = 10 ** math.floor(math.log10(rough))
        step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [k * step for k in range(first, last + 1)]


def compression_page(report: Mapping[str, Any]) -> str:
    """`report` is what `compression_report` made. Returns the page's text."""
    cost = cost_of(report)
    return render(
        _TEMPLATE,
        report=report,
        cost=cost,
        columns=("accuracy_mean", "macs", "parameters", "flash_bytes", "arena_bytes", cost),
        plots=[_plot(report, cost), _plot(report, "flash_bytes")],
    )


def cost_of(report: Mapping[str, Any]) -> str:
    """Which figure tells the speed: on a model without room on the board only its MACs do."""
    points = [report["baseline"], *report["steps"], *report["candidates"]]
    known = ("instructions", "latency_us")
    return next((c for c in known if all(p[c] is not None for p in points)), "macs")


def _plot(report: Mapping[str, Any], cost: str) -> Plot:
    """The original, each step to the result, and every candidate that was trained."""
    result = report["result"]["steps"]
    steps = [{"steps": _step_label(s), **s} for s in report["steps"][1:-1]]
    named = [
        ("original", {"steps": "original", **report["baseline"]}),
        *(("step", step) for step in steps),
        *((_kind(c, result), c) for c in report["candidates"]),
    ]
    x = _axis([point[cost] for _, point in named], _LEFT, _WIDTH - _RIGHT)
    y = _axis([100 * point["accuracy_mean"] for _, point in named], _HEIGHT - _BOTTOM, _TOP)
    marks = tuple(
        Mark(x.pixel(p[cost]), y.pixel(100 * p["accuracy_mean"]), kind, _tooltip(p, cost))
        for kind, p in named
    )
    return Plot(
        title=f"accuracy against {_TITLES[cost]}",
        marks=marks,
        x_ticks=tuple((x.pixel(v), f"{v:,.10g}") for v in x.ticks()),
        y_ticks=tuple((y.pixel(v), f"{v:.10g} %") for v in y.ticks()),
        front=_staircase([mark for mark in marks if mark.kind != "short"]),
    )


def _axis(values: Sequence[float], start: float, end: float) -> _Axis:
    low, high = min(values), max(values)
    span = max(high - low, _LEAST_SPAN * max(abs(high), 1.0))
    return _Axis(low - _MARGIN * span, high + _MARGIN * span, start, end)


def _staircase(marks: Sequence[Mark]) -> str:
    """The front in this plot: from the cheapest model on, each that is more accurate."""
    points: list[tuple[float, float]] = []
    for mark in sorted(marks, key=lambda m: (m.x, m.y)):
        if not points:
            points.append((mark.x, mark.y))
        elif mark.y < points[-1][1]:  # further up
            points += [(mark.x, points[-1][1]), (mark.x, mark.y)]
    return " ".join(f"{x},{y}" for x, y in points)


def _kind(candidate: Mapping[str, Any], result: str) -> str:
    if candidate["training"] == "short":
        return "short"
    return "result" if candidate["steps"] == result else "other"


def _step_label(step: Mapping[str, Any]) -> str:
    return f"on the way: {step['name']}"


def _tooltip(point: Mapping[str, Any], cost: str) -> str:
    shown = f"{point['accuracy_mean']:.2%}, {point[cost]:,.10g} {_TITLES[cost]}"
    return f"{point['steps']}: {shown}"
