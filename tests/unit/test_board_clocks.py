"""The clocks that a board file promises are those that its PLL registers make.

The formulas are those of the reference manuals' register descriptions (RCC_CFGR, RCC_PLLCFGR).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tinydeploy.boards import Board, all_boards


def field(value: int, low: int, width: int) -> int:
    return value >> low & ((1 << width) - 1)


def undivided(defines: Mapping[str, int]) -> int:
    return 1


def by_ppre(low: int) -> Callable[[Mapping[str, int]], int]:
    """The bus divider in that field of CFGR: 0xx is 1, then 2, 4, 8, 16."""
    return lambda defines: 1 << max(0, field(defines["TDRT_CLOCK_DIVIDERS"], low, 3) - 3)


def by_hpre_and_2(defines: Mapping[str, int]) -> int:
    """D1CFGR divides what the source then halves: 0xxx is 1, then 2, 4, 8, 16."""
    return 2 << max(0, field(defines["TDRT_CLOCK_DIVIDERS"], 0, 4) - 7)


def f1_core_hz(defines: Mapping[str, int]) -> float:
    """Bits 16:15 are one field on an F0 and an F3: 0 halves the oscillator, 1 leaves it whole."""
    config = defines["TDRT_PLL_CONFIG"]
    return 8e6 / (2, 1)[field(config, 15, 2)] * (field(config, 18, 4) + 2)


def f4_core_hz(defines: Mapping[str, int]) -> float:
    config = defines["TDRT_PLL_CONFIG"]
    assert field(config, 22, 1) == 0, "fed by the internal oscillator"
    p = 2 * (field(config, 16, 2) + 1)
    return 16e6 / field(config, 0, 6) * field(config, 6, 9) / p


def g0_core_hz(defines: Mapping[str, int]) -> float:
    config = defines["TDRT_PLL_CONFIG"]
    assert field(config, 0, 2) == 2, "fed by the internal oscillator"
    return _r_output_hz(config, field(config, 29, 3) + 1)


def l4_core_hz(defines: Mapping[str, int]) -> float:
    config = defines["TDRT_PLL_CONFIG"]
    assert field(config, 0, 2) == 2, "fed by the internal oscillator"
    return _r_output_hz(config, 2 * (field(config, 25, 2) + 1))


def _r_output_hz(config: int, r: int) -> float:
    return 16e6 / (field(config, 4, 3) + 1) * field(config, 8, 7) / r


def u5_core_hz(defines: Mapping[str, int]) -> float:
    config, dividers = defines["TDRT_PLL_CONFIG"], defines["TDRT_PLL_DIVIDERS"]
    assert field(config, 0, 2) == 2, "fed by the internal oscillator"
    assert field(config, 18, 1) == 1, "its output R is on"
    booster_hz = 16e6 / max(1, 2 * field(config, 12, 4))
    input_hz = 16e6 / (field(config, 8, 4) + 1)
    assert 4e6 <= booster_hz <= 16e6
    assert 4e6 <= input_hz <= (16e6 if field(config, 2, 2) == 3 else 8e6)
    return input_hz * (field(dividers, 0, 9) + 1) / (field(dividers, 24, 7) + 1)


def h7_core_hz(defines: Mapping[str, int]) -> float:
    """The oscillator's 64 MHz, which the source divides by 4."""
    dividers = defines["TDRT_PLL_DIVIDERS"]
    return 16e6 * (field(dividers, 0, 9) + 1) / (field(dividers, 9, 7) + 1)


CLOCKS: Mapping[
    str, tuple[Callable[[Mapping[str, int]], float], Callable[[Mapping[str, int]], int]]
] = {
    "stm32/clock_f1.c": (f1_core_hz, by_ppre(8)),
    "stm32/clock_f4.c": (f4_core_hz, by_ppre(10)),
    "stm32/clock_g0.c": (g0_core_hz, by_ppre(12)),
    "stm32/clock_h7.c": (h7_core_hz, by_hpre_and_2),
    "stm32/clock_l4.c": (l4_core_hz, by_ppre(8)),
    "stm32/clock_u5.c": (u5_core_hz, undivided),
}
"""By the source that starts the clock: what the PLL makes, how much slower the UART's bus is."""

BOARDS = [board for board in all_boards() if not CLOCKS.keys().isdisjoint(board.build.hal)]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.id)
def test_the_pll_makes_the_clocks_of_the_board_file(board: Board) -> None:
    (source,) = CLOCKS.keys() & set(board.build.hal)
    core_hz, uart_divider = CLOCKS[source]
    defines = board.build.defines
    assert core_hz(defines) == board.counter.hz
    assert defines["TDRT_UART_CLOCK_HZ"] * uart_divider(defines) == board.counter.hz
    assert f" at {board.counter.hz // 1_000_000} MHz" in board.description
