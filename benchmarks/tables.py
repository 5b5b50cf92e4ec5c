"""Rows as Markdown: everything for benchmarks/results, the comparison for README.md."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.cases import Row
from benchmarks.peers import Engine, Peers, architecture

_BOARDS = {
    "qemu_cortex_m4": "Cortex-M4",
    "qemu_cortex_m55": "Cortex-M55",
    "qemu_cortex_m3": "Cortex-M3",
    "qemu_cortex_m0": "Cortex-M0",
}


def markdown(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns after the first are numbers."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def full_table(rows: Sequence[Row], peers: Peers) -> str:
    """Every figure of every row, next to the peers' instructions."""
    header = (
        "model, board, goal", "instructions", "per MAC", "floor", "× floor", "cycles (estimated)",
        "arena", "stack", "code", "weights", "unlike the reference",
        *(f"{engine.name}: instructions" for engine in peers.engines),
    )  # fmt: skip
    return markdown(header, (_full_row(row, peers) for row in rows))


def _full_row(row: Row, peers: Peers) -> list[str]:
    name = f"{row.model}, {row.board}, {row.optimize}"
    if row.error:
        return [name, f"({row.error})", *[""] * (9 + len(peers.engines))]
    return [
        name,
        number(row.instructions),
        f"{row.instructions / row.macs:.2f}",
        number(row.floor),
        f"{row.instructions / row.floor:.2f}" if row.floor else "",
        cycle_range(row),
        *map(number, (row.arena_bytes, row.stack_bytes, row.code_bytes, row.weights_bytes)),
        f"{row.mismatched_bytes} bytes in {row.samples} samples",
        *(number(_peer(engine, row)) for engine in peers.engines),
    ]


def _peer(engine: Engine, row: Row) -> int | None:
    return engine.instructions.get(row.board, {}).get(architecture(row.model))


def number(value: float | None) -> str:
    """With thousands separators; nothing for None."""
    return "" if value is None else f"{value:,.0f}"


def cycle_range(row: Row) -> str:
    """Typical, then lowest to highest."""
    if row.cycles is None:
        return ""
    low, typical, high = row.cycles
    return f"{number(typical)} ({number(low)}–{number(high)})"


def comparison(rows: Sequence[Row], peers: Peers) -> str:
    """What README.md shows: the three comparisons, each with its conditions."""
    good = [row for row in rows if not row.error]
    parts = [_speed(good, peers), _memory(good, peers), _silicon(good, peers)]
    return "\n".join(part for part in parts if part)


def _speed(rows: Sequence[Row], peers: Peers) -> str:
    engine = peers.engine("tflm_cmsis_nn")
    lines = [_speed_row(row, engine) for row in rows if row.optimize == "speed"]
    header = (
        "model, core", "instructions", engine.name, "times fewer", "floor", "× floor"
    )  # fmt: skip
    text = (
        f"Instructions of one warm inference, `--optimize speed`. {engine.name}: "
        f"{engine.source}; {engine.conditions}. The floor is one instruction for every 2 (M4) or "
        "16 (M55) MACs of the file and nothing else. A model named `…_random` has the same shapes "
        "and random weights.\n\n"
    )
    return text + markdown(header, lines) if lines else ""


def _speed_row(row: Row, engine: Engine) -> list[str]:
    peer = _peer(engine, row)
    return [
        f"{row.model}, {_BOARDS.get(row.board, row.board)}",
        number(row.instructions),
        number(peer),
        f"{peer / row.instructions:.2f}" if peer else "",
        number(row.floor),
        f"{row.instructions / row.floor:.2f}" if row.floor else "",
    ]


def _memory(rows: Sequence[Row], peers: Peers) -> str:
    engine = peers.engine("tflm_cmsis_nn")
    found = {(r.model, r.optimize): r for r in rows if r.board == "qemu_cortex_m4"}
    models = list(dict.fromkeys(model for model, _ in found))
    lines = [
        _memory_row(found[model, "ram"], found[model, "speed"], found[model, "size"], engine)
        for model in models
        if all((model, goal) in found for goal in ("ram", "speed", "size"))
    ]
    header = (
        "model", "arena, `ram`", "arena, `speed`", engine.name, "code, `size`", "code, `speed`",
        engine.name, "stack, `speed`", engine.name, "weights, `size`",
    )  # fmt: skip
    text = "Memory on the Cortex-M4 in bytes; scratch is part of the arena.\n\n"
    return text + markdown(header, lines) if lines else ""


def _memory_row(ram: Row, speed: Row, size: Row, engine: Engine) -> list[str]:
    name = architecture(ram.model)
    values = (
        ram.arena_bytes, speed.arena_bytes, engine.arena_bytes.get(name),
        size.code_bytes, speed.code_bytes, engine.code_bytes.get(name),
        speed.stack_bytes, engine.stack_bytes.get(name), size.weights_bytes,
    )  # fmt: skip
    return [ram.model, *map(number, values)]


def _silicon(rows: Sequence[Row], peers: Peers) -> str:
    published = peers.published[0]
    ours = [
        row
        for row in rows
        if row.board == "qemu_cortex_m4" and row.optimize == "speed" and row.cycles
    ]
    if not ours:
        return ""
    lines = [
        [row.model, cycle_range(row)]
        + [
            number(published.cycles(engine, architecture(row.model)))
            for engine in published.latency_ms
        ]
        for row in ours
    ]
    text = (
        f"Cycles on a {published.core}. Ours are an estimate with its range "
        "([how it is made, and how far off it may be](docs/cycles.md)), without flash wait states. "
        f"The others' are published latencies of a real {published.board} (MLPerf Tiny, closed "
        f"division) times its clock of {published.clock_hz // 10**6} MHz, wait states and caches "
        "included: the columns are not measured alike.\n\n"
    )
    return text + markdown(("model", "tinydeploy, estimated", *published.latency_ms), lines)
