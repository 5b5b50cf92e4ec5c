"""What small pieces of code cost, counted by hand with the cores' manuals."""

from __future__ import annotations

import pytest

from tinydeploy.cycles.cores import CoreTiming, Range, core_timings
from tinydeploy.cycles.instructions import cost_of
from tinydeploy.errors import InternalError

M4, M3 = core_timings()["cortex-m4"], core_timings()["cortex-m3"]
M0, M0PLUS = core_timings()["cortex-m0"], core_timings()["cortex-m0plus"]
CORES = core_timings().values()

# One line for each instruction: its bytes, then what it is.
LOOP = """
    0868  ldr r0, [r1]
    1a68  ldr r2, [r3]
    8018  adds r0, r0, r2
    0860  str r0, [r1]
    013c  subs r4, #1
    f9d1  bne
"""


def cycles(listing: str, core: CoreTiming, address: int = 0) -> Range:
    lines = [line.split()[0] for line in listing.strip().splitlines()]
    return cost_of(bytes.fromhex("".join(lines)), address, core)


def exactly(count: int) -> Range:
    return Range(count, count, count)


def test_a_load_right_after_a_load_takes_one_cycle_less_on_m4() -> None:
    # 2 + 1 + 1 + 1 + 1 + 1; at worst the second load isn't paired.
    assert cycles(LOOP, M4) == Range(7, 7, 8)


@pytest.mark.parametrize("core", [M0, M0PLUS], ids=lambda core: core.id)
def test_loads_and_stores_take_two_cycles_on_small_cores(core: CoreTiming) -> None:
    assert cycles(LOOP, core) == exactly(2 + 2 + 1 + 2 + 1 + 1)


def test_a_load_that_needs_what_was_loaded_is_not_paired() -> None:
    assert cycles("0868 ldr r0, [r1] \n 0268 ldr r2, [r0]", M4) == exactly(4)


def test_an_address_just_computed_may_stall() -> None:
    assert cycles("0431 adds r1, #4 \n 0b68 ldr r3, [r1]", M4) == Range(3, 4, 4)


def test_a_load_after_one_that_moves_its_base_is_usually_not_paired() -> None:
    pair = "51f8040b ldr r0, [r1], #4 \n 1a68 ldr r2, [r3]"
    assert cycles(pair, M4) == Range(3, 4, 4)


@pytest.mark.parametrize(
    ("core", "expected"),
    [(M4, 8), (M3, 8), (M0, 9), (M0PLUS, 9)],
    ids=lambda value: str(value)[:24],
)
def test_lists_of_registers_take_one_and_one_for_each(core: CoreTiming, expected: int) -> None:
    # PUSH {r4, r5, lr} and POP {r4, r5, pc}; the branch's refill is counted where it is taken.
    assert cycles("30b5 push \n 30bd pop", core) == exactly(expected)


@pytest.mark.parametrize(("core", "expected"), [(M4, 1), (M3, 1), (M0, 2), (M0PLUS, 2)])
def test_call_takes_a_cycle_more_on_small_cores(core: CoreTiming, expected: int) -> None:
    assert cycles("fff7feff bl", core) == exactly(expected)


def test_dual_multiply_takes_a_cycle_on_m4_and_division_depends_on_values() -> None:
    assert cycles("21fb0200 smlad r0, r1, r2, r0", M4) == exactly(1)
    assert cycles("91fbf2f0 sdiv r0, r1, r2", M4) == Range(2, 7, 12)


def test_multiply_accumulate_takes_two_cycles_on_m3_and_one_on_m4() -> None:
    mla = "01fb0200 mla r0, r1, r2, r0"
    assert (cycles(mla, M3), cycles(mla, M4)) == (exactly(2), exactly(1))


def test_stores_by_pair_and_by_index() -> None:
    assert cycles("c2e90001 strd r0, r1, [r2]", M4) == exactly(3)
    assert cycles("8850 str r0, [r1, r2]", M4) == exactly(2)


def test_an_instruction_under_a_condition_costs_as_without() -> None:
    assert cycles("08bf it eq \n 0130 addeq r0, #1", M4) == Range(1, 2, 2)


def test_three_wide_instructions_out_of_line_may_cost_a_cycle() -> None:
    three = "21fb0200 \n 21fb0200 \n 21fb0200"
    assert cycles(three, M4, address=2) == Range(3, 3, 4)
    assert cycles(three, M4, address=4) == exactly(3)


@pytest.mark.parametrize("core", CORES, ids=lambda core: core.id)
def test_every_figure_of_a_core_is_ordered(core: CoreTiming) -> None:
    ranges = [value for name in core.__slots__ if isinstance(value := getattr(core, name), Range)]
    assert all(0 <= r.low <= r.typical <= r.high for r in ranges)


def test_bytes_that_are_no_instruction_are_an_error() -> None:
    with pytest.raises(InternalError, match="unknown instruction"):
        cost_of(b"\x08\x68\x51", 0, M4)
