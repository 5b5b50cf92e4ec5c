"""Decides which memory of a board holds the arena, the stack and the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from tinydeploy.boards import Memory, NamedRegion


@dataclass(frozen=True, slots=True)
class Needs:
    """Predicted bytes of a firmware, by what they hold."""

    arena_bytes: int
    """With the guards around it."""
    stack_bytes: int
    data_bytes: int
    """Of all other static objects."""
    weights_bytes: int
    code_bytes: int
    """Of the model and the runtime."""

    @property
    def ram_bytes(self) -> int:
        return self.arena_bytes + self.stack_bytes + self.data_bytes

    @property
    def flash_bytes(self) -> int:
        return self.weights_bytes + self.code_bytes


@dataclass(frozen=True, slots=True)
class Placement:
    """Where arena, stack and weights are; all else is in the main RAM and the main flash."""

    arena: NamedRegion
    stack: NamedRegion
    weights: NamedRegion

    @property
    def regions(self) -> tuple[NamedRegion, ...]:
        """The memories in use, without the main ones, by address."""
        used = {self.arena, self.stack, self.weights}
        named = (region for region in used if region.name not in ("RAM", "FLASH"))
        return tuple(sorted(named, key=lambda region: region.origin))


def place(needs: Needs, memory: Memory) -> Placement | None:
    """Return the placement with arena, stack and weights in the fastest memory with room.

    The arena, which every layer reads and writes, chooses before the stack. None: no room.
    """
    ram, weights = place_ram(needs, memory), place_weights(needs, memory)
    return None if ram is None or weights is None else Placement(*ram, weights)


def place_ram(needs: Needs, memory: Memory) -> tuple[NamedRegion, NamedRegion] | None:
    """Return the memories of the arena and of the stack, or None where there is no room."""
    for arena, stack in product(memory.rams, _for_stack(memory.rams)):
        parts = (
            (arena, needs.arena_bytes),
            (stack, needs.stack_bytes),
            (memory.main_ram, needs.data_bytes),
        )
        if _have_room(parts):
            return arena, stack
    return None


def place_weights(needs: Needs, memory: Memory) -> NamedRegion | None:
    """Return the memory of the weights, or None where there is no room."""
    for weights in memory.flashes:
        if _have_room(((weights, needs.weights_bytes), (memory.main_flash, needs.code_bytes))):
            return weights
    return None


def in_main_memories(memory: Memory) -> Placement:
    """Return the placement that uses no other memory."""
    return Placement(memory.main_ram, memory.main_ram, memory.main_flash)


def _for_stack(rams: Sequence[NamedRegion]) -> list[NamedRegion]:
    """A core uses its stack from the first instruction on, so that needs no enabling."""
    return [ram for ram in rams if ram.speed != "slower" and ram.enable is None]


def _have_room(parts: Sequence[tuple[NamedRegion, int]]) -> bool:
    return all(
        sum(size for other, size in parts if other == region) <= region.length
        for region, _ in parts
    )
