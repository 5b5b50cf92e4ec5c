"""What the report and its page make of a search's outcomes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tinydeploy.chain.html import compression_page
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.report import compression_report
from tinydeploy.chain.search import Found
from tinydeploy.chain.trial import Figures, Outcome, Setting, Stage, Step, Trial
from tinydeploy.compress.fit import Fit
from tinydeploy.config import Optimize


def outcome(accuracy: float, size: int, *steps: str, judge: Any = "test", runs: bool = True) -> Any:
    trial = Trial(tuple(Stage(Step(name), Fit(1)) for name in steps), judge)
    instructions = size if runs else None
    figures = Figures(size, size, size, size, size, accuracy, instructions=instructions)
    return Outcome(trial, figures, Path("model.keras"), accuracies=(accuracy,))


def report_of(*, middle_runs: bool = True) -> dict[str, Any]:
    """Two steps; a candidate that was trained for a few epochs seems the best of all."""
    original, result = outcome(0.9, 1000), outcome(0.88, 300, "spatial-svd", "prune-channels")
    middle = outcome(0.89, 600, "spatial-svd", runs=middle_runs)
    short = outcome(0.97, 200, "dense-svd", judge="selection")
    winners = dict.fromkeys(("smallest", "most accurate", "fastest"), result)
    found = Found(original, (result,), (short,), winners, (), "none")
    model = Path("model.keras")
    setting = Setting(model, model, None, "host", Optimize.SPEED, Path(), 0, "0")
    return compression_report(setting, found, (original, middle, result), "size", Limits(), ())


def test_front_holds_what_was_judged_on_the_same_samples() -> None:
    report = report_of()
    assert [point["steps"] for point in report["pareto"]] == ["spatial-svd → prune-channels"]
    page = compression_page(report)
    ring = re.search(r'<circle class="short" cx="([\d.]+)"', page)
    front = re.search(r'<polyline[^>]*points="([^"]+)"', page)
    assert ring
    assert front
    assert ring[1] not in front[1]


def test_page_is_written_where_a_step_on_the_way_has_no_room_on_the_board() -> None:
    page = compression_page(report_of(middle_runs=False))
    assert "accuracy against MACs" in page
    assert "on the way: spatial-svd" in page
