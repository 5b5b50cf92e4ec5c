"""The memories that a firmware may use: docs/boards.md explains each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_SPEEDS = ("faster", "equal", "slower")


@dataclass(frozen=True, slots=True)
class Region:
    """A range of addresses."""

    origin: int
    length: int

    @property
    def end(self) -> int:
        return self.origin + self.length


@dataclass(frozen=True, slots=True)
class Enable:
    """The clock of a memory that a reset leaves off: start-up code sets `bits` in `register`."""

    register: int
    bits: int


@dataclass(frozen=True, slots=True)
class NamedRegion:
    """A RAM or a memory-mapped flash, as the linker script and the report name it."""

    name: str
    kind: Literal["ram", "flash"]
    origin: int
    length: int
    speed: Literal["faster", "equal", "slower"]  # than the main memory of its kind
    enable: Enable | None = None

    @property
    def end(self) -> int:
        return self.origin + self.length

    def __contains__(self, address: int) -> bool:
        return self.origin <= address < self.end


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that the firmware may use: its main flash and RAM, and others besides.

    Code is in `flash`, all data but arena and stack in `ram`; plan/placement.py places the rest.
    """

    flash: Region
    ram: Region
    stack_bytes: int
    more: tuple[NamedRegion, ...] = ()

    @property
    def main_ram(self) -> NamedRegion:
        return NamedRegion("RAM", "ram", self.ram.origin, self.ram.length, "equal")

    @property
    def main_flash(self) -> NamedRegion:
        return NamedRegion("FLASH", "flash", self.flash.origin, self.flash.length, "equal")

    @property
    def rams(self) -> tuple[NamedRegion, ...]:
        """Fastest first; of equal ones the main RAM, then as the board file has them."""
        return self._ranked(self.main_ram)

    @property
    def flashes(self) -> tuple[NamedRegion, ...]:
        """Fastest first; of equal ones the main flash, then as the board file has them."""
        return self._ranked(self.main_flash)

    @property
    def ram_bytes(self) -> int:
        return sum(region.length for region in self.rams)

    @property
    def flash_bytes(self) -> int:
        return sum(region.length for region in self.flashes)

    def _ranked(self, main: NamedRegion) -> tuple[NamedRegion, ...]:
        found = (main, *(region for region in self.more if region.kind == main.kind))
        return tuple(sorted(found, key=lambda region: _SPEEDS.index(region.speed)))
