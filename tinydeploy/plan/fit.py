"""Refuses a model that the board has no room for, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence

from tinydeploy.boards import Board
from tinydeploy.errors import DoesNotFitError
from tinydeploy.ir.text import short_name
from tinydeploy.plan.plan import Plan

_SHOWN_TENSORS = 3
_RUNTIME_FLASH_BYTES = 3500
_RUNTIME_RAM_BYTES = 400
"""What start-up, serial line and measuring take at least, on any board; frames come on top."""


def check_fit(
    plan: Plan, model_flash_bytes: int, board: Board, roomier: Sequence[Board] = ()
) -> None:
    """Raise DoesNotFitError with the sizes and the largest tensors.

    `model_flash_bytes` is what weights and code take; `roomier` are boards to suggest. The linker
    has the last word: start-up and serial line are only estimated here.
    """
    ram, flash = needed_bytes(plan, model_flash_bytes, board)
    memory = board.memory
    if ram > memory.ram.length:
        raise DoesNotFitError(
            f'model "{plan.graph.name}" needs {kilobytes(ram)} of RAM '
            f"({kilobytes(plan.arena_bytes)} arena, the rest is stack and runtime), "
            f"{board.id} has {kilobytes(memory.ram.length)}. {_largest_activations(plan)}",
            _hint(plan, model_flash_bytes, roomier),
        )
    if flash > memory.flash.length:
        raise DoesNotFitError(
            f'model "{plan.graph.name}" needs {kilobytes(flash)} of flash '
            f"({kilobytes(model_flash_bytes)} of weights and code), "
            f"{board.id} has {kilobytes(memory.flash.length)}. {_largest_weights(plan)}",
            _hint(plan, model_flash_bytes, roomier),
        )


def fits(plan: Plan, model_flash_bytes: int, board: Board) -> bool:
    """Whether the model has room on the board."""
    ram, flash = needed_bytes(plan, model_flash_bytes, board)
    return ram <= board.memory.ram.length and flash <= board.memory.flash.length


def needed_bytes(plan: Plan, model_flash_bytes: int, board: Board) -> tuple[int, int]:
    """Predicted (RAM, flash) of the whole firmware, in bytes."""
    memory = board.memory
    ram = plan.arena_bytes + memory.stack_bytes + _RUNTIME_RAM_BYTES
    return ram + 2 * board.serial.payload_bytes, model_flash_bytes + _RUNTIME_FLASH_BYTES


def kilobytes(size_bytes: int) -> str:
    """A size for a message: bytes below 10,000, else kB of 1,000 bytes."""
    return f"{size_bytes:,} B" if size_bytes < 10_000 else f"{size_bytes / 1000:,.1f} kB"


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


def _hint(plan: Plan, model_flash_bytes: int, roomier: Sequence[Board]) -> str:
    names = [board.id for board in roomier if fits(plan, model_flash_bytes, board)]
    where = f"It would fit on: {', '.join(names)}. " if names else ""
    return f"{where}Or make the model smaller: fewer channels, lower resolution, more stride."
