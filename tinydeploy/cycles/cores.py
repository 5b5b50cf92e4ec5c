"""The timing of each core that Arm publishes it for, from cores.toml."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import tomli

from tinydeploy.errors import InternalError

_FILE = Path(__file__).with_name("cores.toml")


@dataclass(frozen=True, slots=True)
class Range:
    """Cycles: the fewest, what is usual, the most."""

    low: float = 0
    typical: float = 0
    high: float = 0

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.typical + other.typical, self.high + other.high)

    def __mul__(self, times: int) -> Range:
        return Range(self.low * times, self.typical * times, self.high * times)


@dataclass(frozen=True, slots=True)
class CoreTiming:
    """Cycles by kind of instruction; cores.toml explains each."""

    id: str
    source: str
    alu: Range
    multiply: Range
    multiply_accumulate: Range
    multiply_long: Range
    multiply_accumulate_long: Range
    divide: Range
    load: Range
    load_after_load: Range
    store: Range
    store_after_load: Range
    store_indexed: Range
    store_indexed_after_load: Range
    multiple: Range
    branch_refill: Range
    call: Range
    pop_pc: Range
    table_branch: Range
    if_then: Range
    status: Range
    barrier: Range
    float: Range
    float_accumulate: Range
    float_divide: Range
    float_load: Range
    float_store: Range
    address_stall: Range
    literal_contention: Range
    wide_run: Range
    writeback_is_pipelined: bool


@cache
def core_timings() -> dict[str, CoreTiming]:
    """Every core by its id, which is the compiler's name of it."""
    table = tomli.loads(_FILE.read_text(encoding="utf-8"))
    return {core: _core(core, values) for core, values in table.items()}


def _core(core: str, values: dict[str, object]) -> CoreTiming:
    known = {field.name for field in fields(CoreTiming)} - {"id"}
    if set(values) != known:
        raise InternalError(f"cores.toml: {core} differs in {set(values) ^ known}")
    return CoreTiming(core, **{key: _value(value) for key, value in values.items()})  # type: ignore[arg-type]


def _value(value: object) -> object:
    if isinstance(value, list):
        return Range(*value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return Range(value, value, value) if is_number else value  # type: ignore[arg-type]
