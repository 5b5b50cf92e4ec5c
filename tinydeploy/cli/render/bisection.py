"""What `verify --bisect` found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from tinydeploy.cli.render.console import OUT, show_message
from tinydeploy.ir.text import short_name

if TYPE_CHECKING:
    from tinydeploy.report.wrong_layer import WrongLayer


def show_bisection(wrong: WrongLayer | None, sample: int | None) -> None:
    """The first wrong layer with its first wrong values, or why there is none."""
    if sample is None:
        show_message("every output is the reference's: there is nothing to bisect")
        return
    if wrong is None:
        show_message(
            f"run one by one, all layers compute sample {sample} as the host does: the difference "
            "does not repeat (an interrupt that writes to the arena? unstable power?)"
        )
        return
    show_message(
        f"first wrong layer: {wrong.index} {wrong.op} ({wrong.kernel}), "
        f"{short_name(wrong.name)}: {wrong.wrong_elements:,} of {wrong.elements:,} values of "
        f"{list(wrong.shape)} differ in sample {sample}"
    )
    table = Table("position", "host", "device", box=None, pad_edge=False)
    for value in wrong.values:
        position = ", ".join(map(str, value.position))
        table.add_row(position, f"{value.expected:g}", f"{value.found:g}")
    OUT.print(table)
