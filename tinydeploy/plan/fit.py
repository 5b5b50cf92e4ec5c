"""Refuses a model that the board has no room for, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinydeploy.boards import Board, NamedRegion
from tinydeploy.errors import DoesNotFitError
from tinydeploy.ir.text import short_name
from tinydeploy.plan.placement import Needs, place, place_ram, place_weights
from tinydeploy.plan.plan import Plan

_SHOWN_TENSORS = 3
_RUNTIME_FLASH_BYTES = 3500
_RUNTIME_RAM_BYTES = 368
"""What start-up, serial line and measuring take at least, on any board; frames come on top."""
_GUARDS_BYTES = 32


@dataclass(frozen=True, slots=True)
class ModelFlash:
    """Predicted flash of the model library, in bytes."""

    weights_bytes: int
    code_bytes: int = 0

    @property
    def total_bytes(self) -> int:
        return self.weights_bytes + self.code_bytes


def check_fit(plan: Plan, model: ModelFlash, board: Board, roomier: Sequence[Board] = ()) -> None:
    """Raise DoesNotFitError with the sizes and the largest tensors.

    `roomier` are boards to suggest. The linker has the last word: start-up and serial line are
    only estimated here.
    """
    needs, memory = needs_of(plan, model, board), board.memory
    if place_ram(needs, memory) is None:
        raise DoesNotFitError(
            f'model "{plan.graph.name}" needs {kilobytes(needs.ram_bytes)} of RAM '
            f"({kilobytes(plan.arena_bytes)} arena, the rest is stack and runtime), "
            f"{board.id} has {_room(memory.rams)}. {_largest_activations(plan)}",
            _hint(plan, model, roomier),
        )
    if place_weights(needs, memory) is None:
        raise DoesNotFitError(
            f'model "{plan.graph.name}" needs {kilobytes(needs.flash_bytes)} of flash '
            f"({kilobytes(model.total_bytes)} of weights and code), "
            f"{board.id} has {_room(memory.flashes)}. {_largest_weights(plan)}",
            _hint(plan, model, roomier),
        )


def fits(plan: Plan, model: ModelFlash, board: Board) -> bool:
    """Whether the model has room on the board."""
    return place(needs_of(plan, model, board), board.memory) is not None


def needs_of(plan: Plan, model: ModelFlash, board: Board) -> Needs:
    """Predicted sizes of the whole firmware."""
    return Needs(
        arena_bytes=plan.arena_bytes + _GUARDS_BYTES,
        stack_bytes=board.memory.stack_bytes,
        data_bytes=_RUNTIME_RAM_BYTES + 2 * board.serial.payload_bytes,
        weights_bytes=model.weights_bytes,
        code_bytes=model.code_bytes + _RUNTIME_FLASH_BYTES,
    )


def kilobytes(size_bytes: int) -> str:
    """A size for a message: bytes below 10,000, else kB of 1,000 bytes."""
    return f"{size_bytes:,} B" if size_bytes < 10_000 else f"{size_bytes / 1000:,.1f} kB"


def _room(regions: Sequence[NamedRegion]) -> str:
    if len(regions) == 1:
        return kilobytes(regions[0].length)
    each = ", ".join(f"{kilobytes(region.length)} in {region.name}" for region in regions)
    return f"{each} (arena, stack and weights are one piece each)"


def _largest_activations(plan: Plan) -> str:
    sizes = {i: plan.graph.tensors[i].size_bytes for i in plan.offsets}
    return _largest(plan, sizes)


def _largest_weights(plan: Plan) -> str:
    used = {i for node in plan.graph.nodes for i in node.inputs if i is not None}
    return _largest(
        plan,
        {i: plan.graph.tensors[i].size_bytes for i in used if plan.graph.tensors[i].is_constant},
    )


def _largest(plan: Plan, sizes: dict[int, int]) -> str:
    top = sorted(sizes, key=lambda i: (-sizes[i], i))[:_SHOWN_TENSORS]
    shown = (f'"{short_name(plan.graph.tensors[i].name)}" ({kilobytes(sizes[i])})' for i in top)
    return f"The largest tensors are {', '.join(shown)}."


def _hint(plan: Plan, model: ModelFlash, roomier: Sequence[Board]) -> str:
    names = [board.id for board in roomier if fits(plan, model, board)]
    where = f"It would fit on: {', '.join(names)}. " if names else ""
    return f"{where}Or make the model smaller: fewer channels, lower resolution, more stride."
