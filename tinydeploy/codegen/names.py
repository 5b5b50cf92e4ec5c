"""Text from a model file made safe to stand in C source."""

from __future__ import annotations

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9_.:;,+= \-]")
_SHOWN_CHARACTERS = 60


def comment_text(text: str) -> str:
    """`text` for a C comment: no quotes, no slashes, no line ends, nothing but plain ASCII."""
    cleaned = _UNSAFE.sub("_", text)
    if len(cleaned) <= _SHOWN_CHARACTERS:
        return cleaned
    return cleaned[: _SHOWN_CHARACTERS - 3] + "..."


def identifier(text: str) -> str:
    """`text` as a C identifier or a file name part."""
    cleaned = re.sub(r"[^A-Za-z0-9_]", "_", text).strip("_")[:_SHOWN_CHARACTERS]
    if not cleaned:
        return "model"
    return cleaned if not cleaned[0].isdigit() else f"m_{cleaned}"
