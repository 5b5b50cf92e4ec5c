"""Numbers as tables show them."""

from __future__ import annotations


def number(value: float) -> str:
    """12,345 or 1.5."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def bytes_text(value: int | None) -> str | None:
    """12,345 B; an empty cell where there is none."""
    return None if value is None else f"{value:,} B"


def kib_text(*values: int) -> str:
    """Bytes of one or several memories: 64 + 16 KiB."""
    return f"{' + '.join(f'{value / 1024:,.0f}' for value in values)} KiB"
