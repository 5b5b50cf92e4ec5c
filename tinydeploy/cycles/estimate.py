"""Executed blocks, a core's timing and its flash: cycles with their range."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.boards import Board, Timing
from tinydeploy.cycles.blocks import Block, BlockCounts
from tinydeploy.cycles.cores import CoreTiming, Range, core_timings
from tinydeploy.cycles.instructions import cost_of
from tinydeploy.errors import UsageError


@dataclass(frozen=True, slots=True)
class CycleEstimate:
    """Cycles of one inference: an estimate, never a measurement."""

    core: str
    instructions: int
    cycles: Range
    flash_wait_cycles: Range
    """The part of `cycles` that waits for flash."""


def require_timing(board: Board) -> Timing:
    """What is known of the board's timing. Raises UsageError where that is nothing."""
    if board.timing is None or board.emulator is None:
        raise UsageError(
            f"cycles of {board.id} can't be estimated",
            "That needs an emulated board whose file has [timing]: see docs/cycles.md.",
        )
    return board.timing


def estimate_cycles(counts: BlockCounts, timing: Timing) -> CycleEstimate:
    """Cycles that the core of `timing` takes for the blocks of `counts`."""
    core = core_timings()[timing.core]
    executing, waiting = Range(), Range()
    for block in counts.blocks:
        executing += _execution(block, core)
        waiting += _flash_waits(block, timing)
    return CycleEstimate(core.id, counts.instructions, executing + waiting, waiting)


def _execution(block: Block, core: CoreTiming) -> Range:
    cost = cost_of(block.code, block.address, core)
    return cost * block.executed + core.branch_refill * block.taken


def _flash_waits(block: Block, timing: Timing) -> Range:
    """At worst each line that is entered waits; at best a cache holds them all.

    Usual are: with a cache, that code waits once, when it is first met, and data as at worst;
    with a prefetch buffer, that only a branch that is taken waits; without either, the worst.
    """
    first = block.address // timing.flash_line_bytes
    last = (block.address + len(block.code) - 1) // timing.flash_line_bytes
    lines = last - first + 1
    worst = lines * block.executed + block.data_lines
    usual = {
        "none": worst,
        "prefetch": block.taken + block.data_lines,
        "cache": lines + block.data_lines,
    }[timing.flash_buffer]
    best = worst if timing.flash_buffer == "none" else 0
    return Range(best, usual, worst) * timing.flash_wait_states
