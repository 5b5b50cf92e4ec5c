from __future__ import annotations

import pytest

from tinydeploy.boards import all_boards, load_board
from tinydeploy.device.ticks import ticks_to_count

EMULATED = [board.id for board in all_boards() if board.counter.kind == "instructions"]


@pytest.mark.parametrize("board_id", EMULATED)
@pytest.mark.parametrize("instructions", [0, 1, 12_345_678_901])
def test_instructions_survive_the_rounding_of_the_counter(board_id: str, instructions: int) -> None:
    """A tick too many or too few, at either end, must not change the count."""
    board = load_board(board_id)
    assert board.emulator is not None
    ticks = instructions * board.counter.hz * 2**board.emulator.icount_shift // 10**9
    exact = (
        "riscv/minstret.c" in board.build.hal
    )  # one tick is one instruction there, and always whole
    for error in (0,) if exact else (-1, 0, 1, 2):
        assert ticks_to_count(ticks + error, board) == instructions


def test_a_tick_of_a_real_core_is_a_cycle() -> None:
    assert ticks_to_count(123_456_789_012, load_board("nucleo_f446re")) == 123_456_789_012


def test_the_host_reports_microseconds() -> None:
    assert ticks_to_count(1500, load_board("host")) == 1.5
