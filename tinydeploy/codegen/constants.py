"""Constant tables of the generated library: each distinct one is written once."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.graph import Array

_C_TYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "uint16": "uint16_t",
    "int32": "int32_t",
    "uint32": "uint32_t",
    "int64": "int64_t",
    "float32": "float",
    "bool": "uint8_t",
}
_VALUES_PER_LINE = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A constant array: C element type, symbol, length and its initialiser's lines."""

    c_type: str
    symbol: str
    length: int
    size_bytes: int
    lines: tuple[str, ...]


class ConstantPool:
    """Gives every distinct table a symbol; equal contents share one."""

    def __init__(self) -> None:
        self._symbols: dict[tuple[str, bytes], str] = {}
        self._arrays: list[Array] = []

    def symbol(self, data: Array) -> str:
        """The C name under which `data` can be used."""
        key = (str(data.dtype), data.tobytes())
        if key not in self._symbols:
            self._symbols[key] = f"td_w_{len(self._arrays)}"
            self._arrays.append(data)
        return self._symbols[key]

    def tables(self) -> tuple[Table, ...]:
        return tuple(
            Table(
                c_type=_C_TYPES[str(data.dtype)],
                symbol=symbol,
                length=data.size,
                size_bytes=data.nbytes,
                lines=tuple(_lines(data)),
            )
            for symbol, data in zip(self._symbols.values(), self._arrays, strict=True)
        )


def _lines(data: Array) -> Iterable[str]:
    values = data.reshape(-1)
    texts = [c_number(v) for v in values.tolist()] if values.dtype.kind == "f" else None
    texts = texts or [_integer(v, values.dtype) for v in values.tolist()]
    for start in range(0, len(texts), _VALUES_PER_LINE):
        yield ", ".join(texts[start : start + _VALUES_PER_LINE]) + ","


def _integer(value: int, dtype: np.dtype[np.generic]) -> str:
    if dtype == np.dtype(np.int64):
        return f"INT64_C({value})" if value > -(2**63) else "INT64_MIN"
    return c_number(int(value))


def c_number(value: float | int) -> str:
    """A C literal that reads back as exactly this number (float literals are single precision)."""
    if isinstance(value, float) and not math.isfinite(value):
        # <math.h> has names for these; the library does without it.
        return "(0.0f / 0.0f)" if math.isnan(value) else f"({math.copysign(1.0, value)}f / 0.0f)"
    if isinstance(value, float):
        # Nine significant digits identify a float32; hexadecimal floats are not C++ before 17.
        return f"{value:.8e}f"
    return "INT32_MIN" if value == -(2**31) else str(value)
