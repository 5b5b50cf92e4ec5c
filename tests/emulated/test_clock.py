"""A counter that runs at another rate than the board file says is found before it is believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tinydeploy.boards import Board, load_board
from tinydeploy.device.clock import check_clock
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.session import open_device
from tinydeploy.errors import DeviceError

pytestmark = pytest.mark.emulated
Builder = Callable[[str], BuildResult]


def at_rate(board: Board, factor: float) -> Board:
    counter = dataclasses.replace(board.counter, hz=round(board.counter.hz * factor))
    return dataclasses.replace(board, counter=counter)


@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4", "qemu_cortex_m0", "qemu_riscv32"])
def test_a_wrong_rate_is_found(built: Builder, board_id: str) -> None:
    board = load_board(board_id)
    with open_device(board, built(board_id)) as device:
        check_clock(device, board)
        for factor in (0.5, 1.5, 2):
            with pytest.raises(DeviceError, match=f"of {board_id} is wrong") as caught:
                check_clock(device, at_rate(board, factor))
            assert "counter.hz" in caught.value.hint
        check_clock(device, board)


def test_an_emulator_at_another_rate_is_found(built: Builder) -> None:
    """One instruction takes twice the time that the board file says."""
    board = load_board("qemu_cortex_m4")
    assert board.emulator is not None
    slow = dataclasses.replace(
        board.emulator,
        args=tuple(arg.replace("{icount}", "shift=9") for arg in board.emulator.args),
    )
    with (
        open_device(dataclasses.replace(board, emulator=slow), built(board.id)) as device,
        pytest.raises(DeviceError, match="4000 instructions were counted as 8000"),
    ):
        check_clock(device, board)
