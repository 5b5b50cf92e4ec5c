"""The outcomes as Markdown (a step summary, a merge request), and as GitHub's annotations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tinydeploy.gate.baseline import Record
from tinydeploy.gate.check import Outcome
from tinydeploy.gate.figures import FIGURES
from tinydeploy.gate.judge import Kind
from tinydeploy.rig.bench import DeviceState

_SIGNS = {"passed": "✅", "failed": "❌", "skipped": "⏭️"}


def markdown_summary(
    outcomes: Sequence[Outcome],
    baseline: Mapping[str, Record] | None,
    devices: Sequence[DeviceState] = (),
) -> str:
    """A table of all pairs with what each figure was before, then what was found."""
    figures = [f for f in FIGURES if any(o.record and f.name in o.record.figures for o in outcomes)]
    header = ["", "pair", *(f.name for f in figures)]
    lines = [
        "## tinydeploy check",
        "",
        _row(header),
        _row(["---", "---", *["---:"] * len(figures)]),
    ]
    for outcome in outcomes:
        device = f" on {outcome.device}" if outcome.device else ""
        cells = [_SIGNS[outcome.status], _escaped(outcome.pair.name + device)]
        old = (baseline or {}).get(outcome.pair.name)
        for f in figures:
            value = outcome.record.figures.get(f.name) if outcome.record else None
            before = old.figures.get(f.name) if old else None
            changed = value is not None and before is not None and before != value
            was = f" (was {f.show(before)})" if changed and before is not None else ""
            cells.append("" if value is None else f.show(value) + was)
        lines.append(_row(cells))
    return "\n".join([*lines, "", *_list(outcomes), *_bad(devices)]) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _list(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for outcome in outcomes:
        for finding in outcome.findings:
            name = _escaped(outcome.pair.name)
            yield f"- **{name}**: {finding.kind.value}: {_escaped(finding.message)}"


def _bad(devices: Sequence[DeviceState]) -> Iterator[str]:
    for device in devices:
        if device.bad:
            yield f"- **device {_escaped(device.name)}** is bad: {_escaped(device.bad)}"


def _escaped(text: str) -> str:
    """Names come from files: none may break the table or become markup."""
    single = " ".join(text.split())
    return "".join(f"\\{c}" if c in "\\`*_[]<>|#" else c for c in single)


def github_annotations(outcomes: Sequence[Outcome], project_file: str) -> list[str]:
    """Workflow commands that mark the project file of a pull request, one a finding."""
    return [
        f"::{_level(finding.kind, outcome)} file={_property(project_file)},"
        f"title={_property(outcome.pair.name)}::{_data(finding.message)}"
        for outcome in outcomes
        for finding in outcome.findings
    ]


def _level(kind: Kind, outcome: Outcome) -> str:
    if kind is not Kind.NOTE:
        return "error"
    return "warning" if outcome.skipped else "notice"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
