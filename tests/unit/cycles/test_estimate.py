"""From counted blocks to cycles, with and without waiting for flash."""

from __future__ import annotations

import pytest

from tinydeploy.boards import Timing, load_board
from tinydeploy.cycles.blocks import Block, BlockCounts, parse_counts
from tinydeploy.cycles.cores import Range
from tinydeploy.cycles.estimate import estimate_cycles, require_timing
from tinydeploy.errors import DeviceError, UsageError

# adds r4, #1 ten times, and a branch back: 22 bytes from an address in the middle of a line.
CODE = bytes.fromhex("0134" * 10 + "f4e7")
BLOCK = Block(address=0x108, code=CODE, executed=100, taken=99, data_lines=7)
COUNTS = BlockCounts((BLOCK,), 1100)
LINES = 2  # of 16 bytes: 0x100 to 0x11f


def test_blocks_cost_what_they_are_executed_and_branches_what_they_are_taken() -> None:
    found = estimate_cycles(COUNTS, Timing("cortex-m4"))
    assert found.cycles == Range(1100 + 99, 1100 + 2 * 99, 1100 + 3 * 99)
    assert found.flash_wait_cycles == Range()
    assert (found.core, found.instructions) == ("cortex-m4", 1100)


@pytest.mark.parametrize(
    ("buffer", "low", "typical"),
    [("none", 100 * LINES + 7, 100 * LINES + 7), ("prefetch", 0, 99 + 7), ("cache", 0, LINES + 7)],
)
def test_waiting_for_flash(buffer: str, low: int, typical: int) -> None:
    timing = Timing("cortex-m0plus", 2, 16, buffer)  # type: ignore[arg-type]
    found = estimate_cycles(COUNTS, timing)
    assert found.flash_wait_cycles == Range(low, typical, 100 * LINES + 7) * 2
    assert found.cycles == Range(1199, 1199, 1199) + found.flash_wait_cycles


def test_counts_are_read_back() -> None:
    line = f"block 108 100 99 7 {CODE.hex()}\ntotal 1100\n"
    assert parse_counts(line) == COUNTS


@pytest.mark.parametrize("text", ["", "block 108 1 1 0 0134\n", "block 1\ntotal 1\n", "total x\n"])
def test_damaged_counts_are_refused(text: str) -> None:
    with pytest.raises(DeviceError, match="counts"):
        parse_counts(text)


@pytest.mark.parametrize("board", ["host", "qemu_cortex_m55", "qemu_riscv32"])
def test_board_without_published_timing_is_refused(board: str) -> None:
    with pytest.raises(UsageError, match="can't be estimated"):
        require_timing(load_board(board))
