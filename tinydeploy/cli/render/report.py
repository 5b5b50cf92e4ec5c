"""The report of one model on one board."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from tinydeploy.cli.render.arena import show_arena
from tinydeploy.cli.render.console import OUT
from tinydeploy.cli.render.numbers import bytes_text, number
from tinydeploy.ir.text import printable, short_name

_UNITS = {"instructions": "instructions", "cycles": "cycles", "latency_us": "latency, µs"}


def show_report(report: Mapping[str, Any]) -> None:
    """The report of one model on one board."""
    model = report["model"]
    OUT.print(
        Text.assemble(
            (printable(model["name"]), "bold"), " on ", (printable(report["board"]), "bold")
        )
    )
    OUT.print(_figures(report))
    if report["memory"]["regions"]:
        OUT.print(_regions(report["memory"]["regions"]))
    if report["measured"]["layers"]:
        OUT.print(_layers(report["measured"]))
    show_arena(report["arena"], report["model"]["layers"])


def _figures(report: Mapping[str, Any]) -> Table:
    table = Table("figure", "value", "source", box=None, pad_edge=False)
    table.columns[1].justify = "right"
    sources = report["sources"]
    for label, value, path in _figure_rows(report):
        if value is not None:
            table.add_row(label, value, sources.get(path, ""))
    return table


def _figure_rows(report: Mapping[str, Any]) -> Iterator[tuple[str, str | None, str]]:
    measured, memory, flash = report["measured"], report["memory"], report["flash"]
    for unit, label in _UNITS.items():
        spread = measured[unit]
        if spread:
            yield (
                f"{label} (median of {measured['runs']})",
                number(spread["median"]),
                f"measured.{unit}",
            )
            yield (
                "  min … max",
                f"{number(spread['min'])} … {number(spread['max'])}",
                f"measured.{unit}",
            )
    yield from _cycle_rows(report["estimated"])
    yield "MACs", number(report["model"]["macs"]), "model.macs"
    yield "arena", bytes_text(memory["arena_bytes"]), "memory.arena_bytes"
    yield "peak stack", bytes_text(memory["stack_bytes"]), "memory.stack_bytes"
    yield "static RAM", bytes_text(memory["static_bytes"]), "memory.static_bytes"
    yield "RAM free", bytes_text(memory["ram_free_bytes"]), "memory.ram_free_bytes"
    yield "flash: model code", bytes_text(flash["code_bytes"]), "flash.code_bytes"
    yield "flash: weights", bytes_text(flash["weights_bytes"]), "flash.weights_bytes"
    yield "flash: runtime", bytes_text(flash["runtime_bytes"]), "flash.runtime_bytes"
    yield "flash free", bytes_text(flash["flash_free_bytes"]), "flash.flash_free_bytes"
    yield from _verify_rows(report["verify"])


def _cycle_rows(estimated: Mapping[str, Any] | None) -> Iterator[tuple[str, str | None, str]]:
    if estimated is None:
        return
    cycles, path = estimated["cycles"], "estimated.cycles"
    yield f"cycles of a {printable(estimated['core'])}, about", number(cycles["typical"]), path
    yield "  low … high", f"{number(cycles['low'])} … {number(cycles['high'])}", path
    waits = estimated["flash_wait_cycles"]["typical"]
    yield "  of which wait for flash", number(waits), "estimated.flash_wait_cycles"


def _verify_rows(verify: Mapping[str, Any] | None) -> Iterator[tuple[str, str | None, str]]:
    if verify is None:
        return
    verdict = f"{number(verify['mismatched_bytes'])} in {verify['samples']} samples"
    yield "bytes unlike the reference", verdict, "verify.mismatched_bytes"
    if verify["accuracy"] is not None:
        accuracy = f"{verify['accuracy']:.1%} of {verify['labelled_samples']}"
        yield "accuracy on the device", accuracy, "verify.accuracy"


def _regions(regions: Sequence[Mapping[str, Any]]) -> Table:
    """What is in each memory of a board that has several."""
    parts = dict.fromkeys(part for region in regions for part in region["parts"])
    table = Table("memory, linked", *parts, "free", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for region in regions:
        sizes = (bytes_text(region["parts"].get(part)) for part in parts)
        table.add_row(region["name"], *sizes, bytes_text(region["free_bytes"]))
    return table


def _layers(measured: Mapping[str, Any]) -> Table:
    unit = next(unit for unit in _UNITS if measured[unit])
    table = Table("layer", "operator", "MACs", unit, "share", "name", box=None, pad_edge=False)
    for column in (0, 2, 3, 4):
        table.columns[column].justify = "right"
    total = sum(layer[unit] for layer in measured["layers"]) or 1
    for index, layer in enumerate(measured["layers"]):
        table.add_row(
            str(index),
            layer["op"],
            number(layer["macs"]),
            number(layer[unit]),
            f"{layer[unit] / total:.1%}",
            Text(short_name(layer["name"])),
        )
    return table
