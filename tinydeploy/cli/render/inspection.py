"""What `inspect` found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from tinydeploy.cli.render.arena import show_arena
from tinydeploy.cli.render.console import OUT, show_message
from tinydeploy.cli.render.numbers import bytes_text, kib_text, number
from tinydeploy.ir.text import printable, short_name


def show_inspection(report: Mapping[str, Any]) -> None:
    """Layers of a model, and the boards it fits on."""
    model, predicted = report["model"], report["predicted"]
    OUT.print(Text(printable(model["name"]), style="bold"))
    for kind in ("inputs", "outputs"):
        for tensor in model[kind]:
            shape = "x".join(map(str, tensor["shape"]))
            show_message(f"{kind[:-1]:7s} {tensor['type']} {shape} {short_name(tensor['name'])}")
    show_message(
        f"{model['macs']:,} MACs, arena {predicted['arena_bytes']:,} B, "
        f"weights {predicted['weights_bytes']:,} B (predicted)"
    )
    OUT.print(_inspected_layers(report["layers"]))
    show_arena(report["arena"], len(report["layers"]))
    OUT.print(_fitting(report["boards"]))


def _inspected_layers(layers: Sequence[Mapping[str, Any]]) -> Table:
    headers = ("layer", "operator", "output", "MACs", "weights", "live RAM", "name")
    table = Table(*headers, box=None, pad_edge=False)
    for column in (0, 3, 4, 5):
        table.columns[column].justify = "right"
    for index, layer in enumerate(layers):
        table.add_row(
            str(index),
            layer["op"],
            "x".join(map(str, layer["output_shape"])),
            number(layer["macs"]),
            bytes_text(layer["weights_bytes"]),
            bytes_text(layer["live_bytes"]),
            Text(short_name(layer["name"])),
        )
    return table


def _fitting(boards: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(
        "board",
        "fits",
        "RAM needed",
        "of",
        "flash needed",
        "of",
        "also uses",
        box=None,
        pad_edge=False,
    )
    for column in range(2, 6):
        table.columns[column].justify = "right"
    for board in boards:
        table.add_row(
            board["board"],
            "yes" if board["fits"] else "no",
            bytes_text(board["ram_needed_bytes"]),
            kib_text(board["ram_total_bytes"]),
            bytes_text(board["flash_needed_bytes"]),
            kib_text(board["flash_total_bytes"]),
            _places(board["placement"]),
        )
    return table


def _places(placement: Mapping[str, str] | None) -> str:
    """The memories besides the main ones that arena, stack or weights are in."""
    return ", ".join(sorted({*(placement or {}).values()} - {"RAM", "FLASH"}))
