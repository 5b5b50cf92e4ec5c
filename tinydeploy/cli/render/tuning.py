"""What `tune` measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from tinydeploy.cli.render.console import OUT, show_message
from tinydeploy.cli.render.numbers import number
from tinydeploy.ir.text import short_name

if TYPE_CHECKING:
    from tinydeploy.tuning import Tuning


def show_tuning(found: Tuning, file: str) -> None:
    """What `tune` measured: each layer's kernel and count before and after."""
    headers = ("layer", "operator", "before", "after", "kernel", "name")
    table = Table(*headers, box=None, pad_edge=False)
    for column in (0, 2, 3):
        table.columns[column].justify = "right"
    for index, layer in enumerate(found.layers):
        same = layer.kernel_before == layer.kernel_after
        kernel = layer.kernel_after if same else f"{layer.kernel_before} → {layer.kernel_after}"
        counts = number(layer.count_before), number(layer.count_after)
        table.add_row(str(index), layer.op, *counts, kernel, Text(short_name(layer.name)))
    OUT.print(table)
    before, after = number(found.count_before), number(found.count_after)
    show_message(f"one inference: {before} before, {after} after ({found.builds} builds measured)")
    show_message(f"The winners are in {file}; build, run and verify use them from here.")
