"""What `compress` found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.table import Table

from tinydeploy.cli.render.console import OUT, show_message
from tinydeploy.cli.render.numbers import number
from tinydeploy.config import Optimize
from tinydeploy.ir.text import printable

if TYPE_CHECKING:
    from tinydeploy.chain.compress import Compressed

_NOT_APPLIED_SHOWN = 3


def show_compression(found: Compressed, board: str) -> None:
    """What each step gained and cost, the winners, and what takes the result from here.

    `board` is as the user named it.
    """
    report = found.report
    # The original may have no room on the board; the result has.
    unit = "latency_us" if report["result"]["latency_us"] is not None else "instructions"
    columns = ("accuracy_mean", "macs", "parameters", "flash_bytes", "arena_bytes", unit)
    heads = (c.removesuffix("_mean").replace("_", " ") for c in columns)
    table = Table("step", *heads, box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for step in report["steps"]:
        table.add_row(step["name"], *(_figure_cell(c, step) for c in columns))
    for name, point in report["winners"].items():
        label = f"{name}: {point['steps']}"
        table.add_row(label, *(_figure_cell(c, point) for c in columns))
    OUT.print(table)
    for size in report["quantizations"]:
        note = f" ({size['note']})" if size["note"] else ""
        show_message(f"as .tflite, {size['kind']}: {size['tflite_bytes']:,} B{note}")
    for failed in report["failed"][:_NOT_APPLIED_SHOWN]:
        show_message(f"not applied: {failed['steps']}: {failed['reason']}")
    if (more := len(report["failed"]) - _NOT_APPLIED_SHOWN) > 0:
        show_message(f"not applied: {more} more, which --json lists")
    name = printable(str(found.as_measured))
    show_message(f"The result is {printable(str(found.model))}, and as the board ran it {name}.")
    goal = (
        "" if report["optimize"] == Optimize.BALANCED.value else f" --optimize {report['optimize']}"
    )
    show_message(f"`tinydeploy build {name} --board {printable(board)}{goal}` takes it from here.")


def _figure_cell(name: str, point: Mapping[str, Any]) -> str:
    value = point[name]
    if value is None:
        return "–"
    if name != "accuracy_mean":
        return number(value) or ""
    spread = point["accuracy_std"]
    return f"{value:.2%}" if spread is None else f"{value:.2%} ± {100 * spread:.2f}"
