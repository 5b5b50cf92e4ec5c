"""The firmware on every board: it builds, answers, counts and measures."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from tests.support.dummy import WEIGHTS_BYTES, inputs, outputs
from tinydeploy.boards import all_boards, load_board
from tinydeploy.device.elf import read_sizes
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.session import open_device
from tinydeploy.device.ticks import ticks_to_count

pytestmark = pytest.mark.emulated
Builder = Callable[[str], BuildResult]
BOARD_IDS = [board.id for board in all_boards() if board.emulator is not None]
EMULATED = [board.id for board in all_boards() if board.counter.kind == "instructions"]


@pytest.mark.parametrize("board_id", BOARD_IDS)
def test_board_echoes_and_reports_what_was_linked(built: Builder, board_id: str) -> None:
    board, result = load_board(board_id), built(board_id)
    with open_device(board, result) as device:
        invocation = device.invoke(inputs())
        per_layer = device.invoke(inputs(), per_layer=True)
    assert invocation.outputs == per_layer.outputs == outputs()
    assert len(per_layer.layer_ticks) == device.info.layer_count == 2
    assert sum(per_layer.layer_ticks) == per_layer.ticks
    assert device.info.arena_bytes == 1536
    assert device.info.stack_reserved_bytes == board.memory.stack_bytes
    sizes = read_sizes(result.elf)
    assert sizes.stack_reserved_bytes == board.memory.stack_bytes
    # td_w_second_key is read at index 0 only, so the compiler may have folded it away.
    assert WEIGHTS_BYTES - 24 <= sizes.weights_bytes <= WEIGHTS_BYTES
    assert 100 < sizes.code_bytes < 1500
    if board.build.toolchain != "host":
        assert device.info.static_bytes == sizes.static_bytes
        assert abs(result.bin.stat().st_size - sizes.flash_bytes) < 16


@pytest.mark.parametrize("board_id", EMULATED)
def test_instructions_are_counted_exactly(built: Builder, board_id: str) -> None:
    """More loops cost a whole number of instructions each, beyond what the counter's bits hold."""
    board = load_board(board_id)
    with open_device(board, built(board_id)) as device:

        def count(loops: int) -> int | float:
            return ticks_to_count(device.invoke(inputs(loops=loops)).ticks, board)

        few = [count(1000) for _ in range(3)]
        many = [count(20_001_000) for _ in range(2)]
    assert len(set(few)) == 1
    assert len(set(many)) == 1
    per_loop = (many[0] - few[0]) / 20_000_000
    assert per_loop in (1, 2, 3, 4)


@pytest.mark.parametrize("shift", [0, 5, 8, 10])
def test_instruction_count_does_not_depend_on_the_emulated_clock(
    built: Builder, shift: int
) -> None:
    board = load_board("qemu_cortex_m4")
    assert board.emulator is not None
    other = dataclasses.replace(
        board, emulator=dataclasses.replace(board.emulator, icount_shift=shift)
    )
    counts = []
    for variant in (board, other):
        with open_device(variant, built(board.id)) as device:
            ticks = device.invoke(inputs(loops=100_000)).ticks
            counts.append(ticks_to_count(ticks, variant))
    ticks_per_instruction = board.counter.hz * 2**shift / 1e9
    assert abs(counts[0] - counts[1]) <= max(0.0, 2 / ticks_per_instruction - 0.5)


@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m0", "qemu_cortex_m4", "qemu_riscv32"])
def test_injected_stack_use_is_measured_within_64_bytes(built: Builder, board_id: str) -> None:
    board = load_board(board_id)
    sizes = [256, 300, 1000, 4096, 16_000]
    with open_device(board, built(board_id)) as device:
        measured = {n: device.invoke(inputs(stack_bytes=n)).stack_bytes for n in sizes}
        again = device.invoke(inputs(stack_bytes=256)).stack_bytes
    frames = measured[256] - 256
    assert again == measured[256]
    assert 0 <= frames < 200
    for size, found in measured.items():
        assert abs(found - frames - size) <= 64


@pytest.mark.parametrize("board_id", ["qemu_cortex_m4", "netduinoplus2"])
def test_timer_interrupt_does_not_disturb_the_stack_measurement(
    built: Builder, board_id: str
) -> None:
    """A long inference is interrupted by SysTick: at most its 32-byte frame may show."""
    board = load_board(board_id)
    with open_device(board, built(board_id)) as device:
        short = device.invoke(inputs(stack_bytes=512)).stack_bytes
        long = device.invoke(inputs(stack_bytes=512, loops=20_000_000)).stack_bytes
    assert abs(long - short) <= 64
