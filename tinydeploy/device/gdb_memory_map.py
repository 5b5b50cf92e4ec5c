"""The memory map that a GDB server tells: which addresses are flash, erased in which blocks.

The GDB manual describes it in "Memory Map Format".
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as ET

_ADDRESS_END = 1 << 32


class MemoryMapError(ValueError):
    """A memory map that can't be read."""


@dataclass(frozen=True, slots=True)
class FlashRegion:
    """A range of flash, erased in blocks of `block_bytes`."""

    start: int
    length: int
    block_bytes: int

    @property
    def end(self) -> int:
        return self.start + self.length

    def blocks_of(self, start: int, end: int) -> tuple[int, int]:
        """Return the whole blocks, as (start, end), that hold the addresses from start to end."""
        first = (start - self.start) // self.block_bytes
        last = -(-(end - self.start) // self.block_bytes)
        return (
            self.start + first * self.block_bytes,
            min(self.start + last * self.block_bytes, self.end),
        )


def parse_memory_map(text: bytes) -> tuple[FlashRegion, ...]:
    """Return the flash in a memory map, by address.

    Raises:
        MemoryMapError: it is no such XML, or its numbers make no sense.
    """
    try:
        # Expat stops at entities that grow without bound, and loads nothing from elsewhere.
        root = ET.fromstring(text)  # noqa: S314
        found = [_region(m) for m in root.iter("memory") if m.get("type") == "flash"]
    except (ET.ParseError, ValueError) as error:
        raise MemoryMapError(str(error)) from error
    return tuple(sorted(found, key=lambda region: region.start))


def _region(memory: ET.Element) -> FlashRegion:
    block = memory.find("property[@name='blocksize']")
    text = (block.text if block is not None else None) or ""
    region = FlashRegion(
        *(int(n, 0) for n in (memory.get("start", ""), memory.get("length", ""), text.strip()))
    )
    if not (0 <= region.start < region.end <= _ADDRESS_END and region.block_bytes > 0):
        raise MemoryMapError(f"flash from {region.start:#x} of {region.length:#x} bytes")
    return region
