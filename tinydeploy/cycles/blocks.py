"""Counts of executed blocks, as the emulator's plugin writes them."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.errors import DeviceError


@dataclass(frozen=True, slots=True)
class Block:
    """Instructions in a row, entered only at the first and left only after the last."""

    address: int
    code: bytes
    executed: int
    taken: int
    """How often another instruction than the next one followed: branches, calls, returns."""
    data_lines: int = 0
    """How many lines of flash its loads fetched, had the flash a buffer of one line."""


@dataclass(frozen=True, slots=True)
class BlockCounts:
    """Every block of one inference; `instructions` is the plugin's own sum."""

    blocks: tuple[Block, ...]
    instructions: int


def parse_counts(text: str) -> BlockCounts:
    """Read the plugin's file. Raises DeviceError where it is not what the plugin writes."""
    blocks, total = [], None
    try:
        for line in text.splitlines():
            kind, *fields = line.split()
            if kind == "total":
                total = int(fields[0])
            else:
                blocks.append(_block(*fields))
    except (ValueError, TypeError) as error:
        raise DeviceError(f"the emulator's block counts are damaged: {error}") from error
    if total is None:
        raise DeviceError("the emulator's block counts are cut short")
    return BlockCounts(tuple(blocks), total)


def _block(address: str, executed: str, taken: str, data_lines: str, code: str) -> Block:
    counts = int(executed), int(taken), int(data_lines)
    return Block(int(address, 16), bytes.fromhex(code), *counts)
