"""Arena, stack and weights go where there is room, the fastest memory first."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinydeploy.boards import Board, Enable, Memory, NamedRegion, Region, all_boards, load_board
from tinydeploy.plan.placement import Needs, Placement, in_main_memories, place

KIB = 1024
H743 = load_board("nucleo_h743zi").memory
F303 = load_board("nucleo_f303re").memory


def needs(arena: int = 0, stack: int = 0, weights: int = 0) -> Needs:
    return Needs(arena, stack, data_bytes=2 * KIB, weights_bytes=weights, code_bytes=8 * KIB)


def names(placement: Placement | None) -> tuple[str, str, str] | None:
    if placement is None:
        return None
    return placement.arena.name, placement.stack.name, placement.weights.name


@pytest.mark.parametrize(
    ("arena_kib", "expected"),
    [
        (112, ("DTCM", "DTCM", "FLASH")),
        (113, ("DTCM", "RAM", "FLASH")),
        (128, ("DTCM", "RAM", "FLASH")),
        (129, ("RAM", "DTCM", "FLASH")),
        (510, ("RAM", "DTCM", "FLASH")),
        (511, None),
    ],
)
def test_the_arena_takes_the_fastest_ram_before_the_stack(
    arena_kib: int, expected: tuple[str, str, str] | None
) -> None:
    """128 KiB of DTCM, 512 KiB of RAM, of which 2 are for other data; a stack of 16."""
    assert names(place(needs(arena_kib * KIB, 16 * KIB), H743)) == expected


@pytest.mark.parametrize(
    ("arena_kib", "expected"),
    [(54, ("RAM", "RAM", "FLASH")), (62, ("RAM", "CCM", "FLASH")), (63, None)],
)
def test_a_ram_that_is_no_faster_takes_what_the_main_one_has_no_room_for(
    arena_kib: int, expected: tuple[str, str, str] | None
) -> None:
    """64 KiB of RAM, 16 KiB of CCM."""
    assert names(place(needs(arena_kib * KIB, 8 * KIB), F303)) == expected


def memory(*more: NamedRegion) -> Memory:
    return Memory(Region(0, 64 * KIB), Region(0x20000000, 64 * KIB), 4 * KIB, more)


def test_the_stack_is_in_no_slow_memory_and_in_none_that_must_be_enabled_first() -> None:
    psram = NamedRegion("PSRAM", "ram", 0x60000000, 1024 * KIB, "slower")
    off = NamedRegion("SRAM2", "ram", 0x30000000, 64 * KIB, "faster", Enable(0x40000000, 1))
    stack = 62 * KIB
    assert names(place(needs(64 * KIB, stack), memory(psram, off))) == ("SRAM2", "RAM", "FLASH")
    assert names(place(needs(65 * KIB, stack), memory(psram, off))) == ("PSRAM", "RAM", "FLASH")
    assert place(needs(65 * KIB, stack + 1), memory(psram, off)) is None


def test_weights_stay_in_the_internal_flash_as_long_as_they_fit() -> None:
    """Of its 64 KiB, 8 are for code."""
    qspi = NamedRegion("QSPI", "flash", 0x90000000, 8192 * KIB, "slower")
    assert names(place(needs(weights=56 * KIB), memory(qspi))) == ("RAM", "RAM", "FLASH")
    assert names(place(needs(weights=57 * KIB), memory(qspi))) == ("RAM", "RAM", "QSPI")
    assert place(needs(weights=8193 * KIB), memory(qspi)) is None


WITHOUT_FASTER = [board for board in all_boards() if board.memory.rams[0] == board.memory.main_ram]


@pytest.mark.parametrize("board", WITHOUT_FASTER, ids=lambda board: board.id)
def test_what_fits_stays_in_the_main_memories_where_no_other_is_faster(board: Board) -> None:
    found = place(Needs(64, board.memory.stack_bytes, 1024, 64, 4096), board.memory)
    assert found == in_main_memories(board.memory)


sizes = st.integers(0, 200)
speeds = st.sampled_from(["faster", "equal", "slower"])


@given(st.lists(st.tuples(st.sampled_from(["ram", "flash"]), sizes, speeds), max_size=4), st.data())
def test_no_memory_holds_more_than_it_has_and_none_is_only_said_when_nothing_fits(
    more: list[tuple[str, int, str]], data: st.DataObject
) -> None:
    regions = tuple(
        NamedRegion(f"R{i}", kind, 1000 * i + 1000, size, speed)  # type: ignore[arg-type]
        for i, (kind, size, speed) in enumerate(more)
    )
    memory = Memory(Region(0, 100), Region(500, 100), 16, regions)
    wanted = Needs(*(data.draw(sizes) for _ in range(5)))
    found = place(wanted, memory)
    rams = memory.rams
    stacks = [ram for ram in rams if ram.speed != "slower"]
    every = [Placement(*choice) for choice in itertools.product(rams, stacks, memory.flashes)]
    fitting = [placement for placement in every if _fits(wanted, placement, memory)]
    assert found == (fitting[0] if fitting else None)


def _fits(wanted: Needs, placement: Placement, memory: Memory) -> bool:
    used = dict.fromkeys((*memory.rams, *memory.flashes), 0)
    used[memory.main_ram] += wanted.data_bytes
    used[memory.main_flash] += wanted.code_bytes
    used[placement.arena] += wanted.arena_bytes
    used[placement.stack] += wanted.stack_bytes
    used[placement.weights] += wanted.weights_bytes
    return all(size <= region.length for region, size in used.items())
