"""The only module that prints: reports as tables, colour and progress only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from tinydeploy.cli.streams import drop_output
from tinydeploy.ir.text import printable, short_name
from tinydeploy.progress import Step, no_step

if TYPE_CHECKING:
    # For the types alone: `tinydeploy boards` must not load what it doesn't show.
    from tinydeploy.boards import Board
    from tinydeploy.codegen.model import Library
    from tinydeploy.device.health import Finding
    from tinydeploy.device.platformio import BuildResult
    from tinydeploy.gate.baseline import Record
    from tinydeploy.gate.check import Outcome
    from tinydeploy.ir.graph import Graph
    from tinydeploy.report.wrong_layer import WrongLayer
    from tinydeploy.rig.bench import DeviceState
    from tinydeploy.tuning import Tuning

_PLAIN_WIDTH = 100


class _Output(Console):
    """Standard output; the work goes on and is judged when nobody reads it any more."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        drop_output()


_out = _Output(
    highlight=False,
    soft_wrap=not sys.stdout.isatty(),
    width=None if sys.stdout.isatty() else _PLAIN_WIDTH,
)
_ARENA_COLUMNS = 64
_UNITS = {"instructions": "instructions", "cycles": "cycles", "latency_us": "latency, µs"}


@contextmanager
def progress() -> Iterator[Step]:
    """Show the steps of long work on a terminal; say nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield no_step
        return
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task("", total=None)

        def step(what: str, done: float | None = None) -> None:
            bar.update(
                task, description=what, total=None if done is None else 1, completed=done or 0
            )

        yield step


def show_message(text: str, at_once: bool = False) -> None:
    """One line of plain text; `at_once` also where the output is a file or a pipe."""
    _out.print(Text(text))
    if at_once:
        _out.file.flush()


def show_graphs(stages: Sequence[tuple[str, Graph]]) -> None:
    """The graph as read and after each pass."""
    from tinydeploy.ir.text import graph_text

    for stage, graph in stages:
        _out.print(Text(f"# after {stage}"))
        _out.print(Text(graph_text(graph)), soft_wrap=True)


def show_report(report: Mapping[str, Any]) -> None:
    """The report of one model on one board."""
    model = report["model"]
    _out.print(
        Text.assemble(
            (printable(model["name"]), "bold"), " on ", (printable(report["board"]), "bold")
        )
    )
    _out.print(_figures(report))
    if report["memory"]["regions"]:
        _out.print(_regions(report["memory"]["regions"]))
    if report["measured"]["layers"]:
        _out.print(_layers(report["measured"]))
    _show_arena(report["arena"], report["model"]["layers"])


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
                _number(spread["median"]),
                f"measured.{unit}",
            )
            yield (
                "  min … max",
                f"{_number(spread['min'])} … {_number(spread['max'])}",
                f"measured.{unit}",
            )
    yield from _cycle_rows(report["estimated"])
    yield "MACs", _number(report["model"]["macs"]), "model.macs"
    yield "arena", _bytes(memory["arena_bytes"]), "memory.arena_bytes"
    yield "peak stack", _bytes(memory["stack_bytes"]), "memory.stack_bytes"
    yield "static RAM", _bytes(memory["static_bytes"]), "memory.static_bytes"
    yield "RAM free", _bytes(memory["ram_free_bytes"]), "memory.ram_free_bytes"
    yield "flash: model code", _bytes(flash["code_bytes"]), "flash.code_bytes"
    yield "flash: weights", _bytes(flash["weights_bytes"]), "flash.weights_bytes"
    yield "flash: runtime", _bytes(flash["runtime_bytes"]), "flash.runtime_bytes"
    yield "flash free", _bytes(flash["flash_free_bytes"]), "flash.flash_free_bytes"
    yield from _verify_rows(report["verify"])


def _cycle_rows(estimated: Mapping[str, Any] | None) -> Iterator[tuple[str, str | None, str]]:
    if estimated is None:
        return
    cycles, path = estimated["cycles"], "estimated.cycles"
    yield f"cycles of a {printable(estimated['core'])}, about", _number(cycles["typical"]), path
    yield "  low … high", f"{_number(cycles['low'])} … {_number(cycles['high'])}", path
    waits = estimated["flash_wait_cycles"]["typical"]
    yield "  of which wait for flash", _number(waits), "estimated.flash_wait_cycles"


def _verify_rows(verify: Mapping[str, Any] | None) -> Iterator[tuple[str, str | None, str]]:
    if verify is None:
        return
    verdict = f"{_number(verify['mismatched_bytes'])} in {verify['samples']} samples"
    yield "bytes unlike the reference", verdict, "verify.mismatched_bytes"
    if verify["accuracy"] is not None:
        accuracy = f"{verify['accuracy']:.1%} of {verify['labelled_samples']}"
        yield "accuracy on the device", accuracy, "verify.accuracy"


def show_compression(report: Mapping[str, Any], target: Path) -> None:
    """What each step gained and cost, and the winners."""
    unit = "latency_us" if report["baseline"]["latency_us"] is not None else "instructions"
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
    _out.print(table)
    for size in report["quantizations"]:
        note = f" ({size['note']})" if size["note"] else ""
        show_message(f"as .tflite, {size['kind']}: {size['tflite_bytes']:,} B{note}")
    for failed in report["failed"]:
        show_message(f"not applied: {failed['steps']}: {failed['reason']}")
    show_message(f"The result is {printable(str(target))}: `tinydeploy build` takes it from here.")


def _figure_cell(name: str, point: Mapping[str, Any]) -> str:
    value = point[name]
    if value is None:
        return "–"
    if name != "accuracy_mean":
        return _number(value) or ""
    spread = point["accuracy_std"]
    return f"{value:.2%}" if spread is None else f"{value:.2%} ± {100 * spread:.2f}"


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
    _out.print(table)


def _regions(regions: Sequence[Mapping[str, Any]]) -> Table:
    """What is in each memory of a board that has several."""
    parts = dict.fromkeys(part for region in regions for part in region["parts"])
    table = Table("memory, linked", *parts, "free", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for region in regions:
        sizes = (_bytes(region["parts"].get(part)) for part in parts)
        table.add_row(region["name"], *sizes, _bytes(region["free_bytes"]))
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
            _number(layer["macs"]),
            _number(layer[unit]),
            f"{layer[unit] / total:.1%}",
            Text(short_name(layer["name"])),
        )
    return table


def _show_arena(arena: Mapping[str, Any], layers: int) -> None:
    """One line a layer: which part of the arena is in use, and where the peak is."""
    if arena["peak_layer"] is None:
        return
    column_bytes = -(-arena["size_bytes"] // _ARENA_COLUMNS) or 1
    show_message(
        f"arena over time: {arena['size_bytes']:,} B, layer {arena['peak_layer']} sets the peak "
        f"(█ tensor, ▒ shared, ░ scratch; a column is {column_bytes:,} B)"
    )
    for layer in range(layers):
        live = [b for b in arena["buffers"] if b["first_layer"] <= layer <= b["last_layer"]]
        show_message(f"{layer:5d}  {_arena_line(live, column_bytes)}".rstrip())


def _arena_line(live: Sequence[Mapping[str, Any]], column_bytes: int) -> str:
    return "".join(
        _arena_column(live, c * column_bytes, column_bytes) for c in range(_ARENA_COLUMNS)
    )


def _arena_column(live: Sequence[Mapping[str, Any]], start: int, length: int) -> str:
    """`▒` where an output overwrites what its layer has read of the input."""
    used = [
        (max(b["offset"], start), min(b["offset"] + b["size_bytes"], start + length), b["kind"])
        for b in live
    ]
    used = sorted(u for u in used if u[0] < u[1])
    if not used:
        return " "
    if any(left[1] > right[0] for left, right in pairwise(used)):
        return "▒"
    return "█" if any(kind == "tensor" for _, _, kind in used) else "░"


def show_files(folder: Path, result: BuildResult) -> None:
    """Where the project and the firmware are."""
    show_message(f"project   {folder}")
    show_message(f"firmware  {result.elf}")


def show_library(folder: Path, library: Library, files: int) -> None:
    """What was exported."""
    show_message(f"Wrote {files} files to {folder}")
    show_message(
        f"arena {library.arena_bytes:,} B, weights {library.weights_bytes:,} B (predicted)"
    )


def show_tuning(found: Tuning, file: str) -> None:
    """What `tune` measured: each layer's kernel and count before and after."""
    headers = ("layer", "operator", "before", "after", "kernel", "name")
    table = Table(*headers, box=None, pad_edge=False)
    for column in (0, 2, 3):
        table.columns[column].justify = "right"
    for index, layer in enumerate(found.layers):
        same = layer.kernel_before == layer.kernel_after
        kernel = layer.kernel_after if same else f"{layer.kernel_before} → {layer.kernel_after}"
        counts = _number(layer.count_before), _number(layer.count_after)
        table.add_row(str(index), layer.op, *counts, kernel, Text(short_name(layer.name)))
    _out.print(table)
    before, after = _number(found.count_before), _number(found.count_after)
    show_message(f"one inference: {before} before, {after} after ({found.builds} builds measured)")
    show_message(f"The winners are in {file}; build, run and verify use them from here.")


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
    _out.print(table)
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


def show_boards(boards: Sequence[Board]) -> None:
    """The list of boards."""
    table = Table("board", "tier", "isa", "flash", "RAM", "description", box=None, pad_edge=False)
    for column in (3, 4):
        table.columns[column].justify = "right"
    for board in boards:
        memory = board.memory
        table.add_row(
            board.id,
            board.tier,
            board.isa,
            _kib(*(region.length for region in memory.flashes)),
            _kib(*(region.length for region in memory.rams)),
            Text(board.description),
        )
    _out.print(table)


def show_devices(report: Mapping[str, Any]) -> None:
    """The serial ports, and the boards that they may belong to."""
    if not report["ports"]:
        show_message("There is no serial port here.")
        return
    table = Table(
        "port", "USB id", "serial number", "board", "description", box=None, pad_edge=False
    )
    for port in report["ports"]:
        cells = (port["device"], port["usb_id"], port["serial_number"])
        names = " or ".join(port["boards"])
        table.add_row(*(Text(printable(c)) for c in (*cells, names, port["description"])))
    _out.print(table)


def show_inspection(report: Mapping[str, Any]) -> None:
    """Layers of a model, and the boards it fits on."""
    model, predicted = report["model"], report["predicted"]
    _out.print(Text(printable(model["name"]), style="bold"))
    for kind in ("inputs", "outputs"):
        for tensor in model[kind]:
            shape = "x".join(map(str, tensor["shape"]))
            show_message(f"{kind[:-1]:7s} {tensor['type']} {shape} {short_name(tensor['name'])}")
    show_message(
        f"{model['macs']:,} MACs, arena {predicted['arena_bytes']:,} B, "
        f"weights {predicted['weights_bytes']:,} B (predicted)"
    )
    _out.print(_inspected_layers(report["layers"]))
    _show_arena(report["arena"], len(report["layers"]))
    _out.print(_fitting(report["boards"]))


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
            _number(layer["macs"]),
            _bytes(layer["weights_bytes"]),
            _bytes(layer["live_bytes"]),
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
            _bytes(board["ram_needed_bytes"]),
            _kib(board["ram_total_bytes"]),
            _bytes(board["flash_needed_bytes"]),
            _kib(board["flash_total_bytes"]),
            _places(board["placement"]),
        )
    return table


def _places(placement: Mapping[str, str] | None) -> str:
    """The memories besides the main ones that arena, stack or weights are in."""
    return ", ".join(sorted({*(placement or {}).values()} - {"RAM", "FLASH"}))


def show_health(findings: Sequence[Finding]) -> None:
    """What this machine has."""
    table = Table("tool", "version", "needed for", box=None, pad_edge=False)
    for finding in findings:
        version = Text(finding.version) if finding.present else Text("missing", style="red")
        table.add_row(finding.tool, version, Text(finding.needed_for))
    _out.print(table)
    for finding in findings:
        if not finding.present:
            show_message(f"To get {finding.tool}: {finding.install}")


def _number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def _bytes(value: int | None) -> str | None:
    return None if value is None else f"{value:,} B"


def _kib(*values: int) -> str:
    return f"{' + '.join(f'{value / 1024:,.0f}' for value in values)} KiB"
