"""Ticks of the device's counter to what is reported: the one place that converts."""

from __future__ import annotations

from tinydeploy.boards import Board

_NS_PER_S = 10**9
_US_PER_S = 10**6


def ticks_to_count(ticks: int, board: Board) -> int | float:
    """Return `ticks` as whole instructions or cycles, or as microseconds.

    `board.counter.kind` says which. A tick of a counter of cycles is one cycle.

    QEMU lets one instruction take exactly 2**icount_shift ns of the emulated clock.
    """
    if board.counter.kind == "cycles":
        return ticks
    if board.counter.kind == "microseconds" or board.emulator is None:
        return ticks * _US_PER_S / board.counter.hz
    ticks_per_s_of_instructions = board.counter.hz << board.emulator.icount_shift
    return (ticks * _NS_PER_S + ticks_per_s_of_instructions // 2) // ticks_per_s_of_instructions


def count_to_us(count: float, board: Board) -> float:
    """Return a count of cycles or microseconds as microseconds."""
    return count * _US_PER_S / board.counter.hz if board.counter.kind == "cycles" else count
