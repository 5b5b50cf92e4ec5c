"""The emulator's plugin counts what the firmware counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.dummy import inputs
from tinydeploy.boards import all_boards, load_board
from tinydeploy.cycles.estimate import estimate_cycles, require_timing
from tinydeploy.device.block_counts import count_blocks
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.session import open_device
from tinydeploy.device.ticks import ticks_to_count
from tinydeploy.errors import UsageError

pytestmark = pytest.mark.emulated
Builder = Callable[[str], BuildResult]
TIMED = [board.id for board in all_boards() if board.timing]
LOOPS = 50_000
# From the counter's restart to the model, and from the model to the counter's reading.
OVERHEAD_INSTRUCTIONS = 16


@pytest.mark.parametrize("board_id", TIMED)
def test_plugin_and_firmware_count_the_same_instructions(built: Builder, board_id: str) -> None:
    board, build = load_board(board_id), built(board_id)
    with open_device(board, build) as device:
        few, many = (
            ticks_to_count(device.invoke(inputs(loops=loops)).ticks, board)
            for loops in (1000, 1000 + LOOPS)
        )
    counted = [count_blocks(board, build, inputs(loops=n)) for n in (1000, 1000 + LOOPS)]
    totals = [counts.instructions for counts in counted]
    assert totals[1] - totals[0] == many - few
    assert abs(totals[0] - few) <= OVERHEAD_INSTRUCTIONS
    for counts in counted:
        found = estimate_cycles(counts, require_timing(board)).cycles
        assert counts.instructions < found.low <= found.typical <= found.high


def test_counting_repeats_exactly(built: Builder) -> None:
    board, build = load_board("qemu_cortex_m4"), built("qemu_cortex_m4")
    first, second = (count_blocks(board, build, inputs(loops=1000)) for _ in range(2))
    assert first == second


def test_reads_from_flash_are_counted(built: Builder) -> None:
    board, build = load_board("qemu_cortex_m4"), built("qemu_cortex_m4")
    counts = count_blocks(board, build, inputs(), line_bytes=16)
    assert sum(block.data_lines for block in counts.blocks) > 0


def test_only_qemu_counts_blocks(built: Builder) -> None:
    with pytest.raises(UsageError, match="can't be counted"):
        count_blocks(load_board("host"), built("host"), inputs())
