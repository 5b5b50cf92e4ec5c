"""What `check` found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tinydeploy.cli.render.console import OUT, show_message
from tinydeploy.ir.text import printable

if TYPE_CHECKING:
    from tinydeploy.gate.baseline import Record
    from tinydeploy.gate.check import Outcome
    from tinydeploy.rig.bench import DeviceState


def show_check(
    outcomes: Sequence[Outcome],
    baseline: Mapping[str, Record] | None,
    devices: Sequence[DeviceState] = (),
) -> None:
    """Each pair's verdict and figures, then what was found, of pairs and of the rig's devices."""
    table = Table("pair", "verdict", "figure", "value", "baseline", box=None, pad_edge=False)
    for column in (3, 4):
        table.columns[column].justify = "right"
    for outcome in outcomes:
        _add_outcome(table, outcome, (baseline or {}).get(outcome.pair.name))
    OUT.print(table)
    for outcome in outcomes:
        for finding in outcome.findings:
            show_message(f"{outcome.pair.name}: {finding.kind.value}: {finding.message}")
    for device in devices:
        if device.bad:
            show_message(f"device {device.name} is bad: {device.bad}")


def _add_outcome(table: Table, outcome: Outcome, old: Record | None) -> None:
    from tinydeploy.gate.figures import figure

    styles = {"passed": "green", "failed": "red", "skipped": "yellow"}
    on = f" [{outcome.device}]" if outcome.device else ""
    name = Text(printable(outcome.pair.name + on))
    verdict = Text(outcome.status, style=styles[outcome.status])
    figures = outcome.record.figures if outcome.record else {}
    for key, value in figures.items():
        before = old.figures.get(key) if old else None
        shown = "" if before is None else figure(key).show(before)
        table.add_row(name, verdict, key, figure(key).show(value), shown)
        name = verdict = Text()
    if not figures:
        table.add_row(name, verdict)
