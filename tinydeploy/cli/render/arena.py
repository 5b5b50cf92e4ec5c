"""The arena over time, drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from tinydeploy.cli.render.console import show_message

_COLUMNS = 64


def show_arena(arena: Mapping[str, Any], layers: int) -> None:
    """One line a layer: which part of the arena is in use, and where the peak is."""
    if arena["peak_layer"] is None:
        return
    column_bytes = -(-arena["size_bytes"] // _COLUMNS) or 1
    show_message(
        f"arena over time: {arena['size_bytes']:,} B, layer {arena['peak_layer']} sets the peak "
        f"(█ tensor, ▒ shared, ░ scratch; a column is {column_bytes:,} B)"
    )
    for layer in range(layers):
        live = [b for b in arena["buffers"] if b["first_layer"] <= layer <= b["last_layer"]]
        show_message(f"{layer:5d}  {_arena_line(live, column_bytes)}".rstrip())


def _arena_line(live: Sequence[Mapping[str, Any]], column_bytes: int) -> str:
    return "".join(_arena_column(live, c * column_bytes, column_bytes) for c in range(_COLUMNS))


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
