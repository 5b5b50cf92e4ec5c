"""The clocks that a board file promises are those that its PLL registers make.

The formulas are those of the reference manuals' register descriptions (RCC_CFGR, RCC_PLLCFGR).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from tinydeploy.boards import Board, all_boards


def field(value: int, low: int, width: int) -> int:
    return value >> low & ((1 << width) - 1)


def bus_divider(code: int) -> int:
    """Of PPRE: 0xx is 1, then 2, 4, 8, 16."""
    return 1 << max(0, code - 3)


def f1_core_hz(config: int) -> float:
    """Bits 16:15 are one field on an F0 and an F3: 0 halves the oscillator, 1 leaves it whole."""
    return 8e6 / (2, 1)[field(config, 15, 2)] * (field(config, 18, 4) + 2)


def f4_core_hz(config: int) -> float:
    assert field(config, 22, 1) == 0, "fed by the internal oscillator"
    p = 2 * (field(config, 16, 2) + 1)
    return 16e6 / field(config, 0, 6) * field(config, 6, 9) / p


def g0_core_hz(config: int) -> float:
    assert field(config, 0, 2) == 2, "fed by the internal oscillator"
    return _r_output_hz(config, field(config, 29, 3) + 1)


def l4_core_hz(config: int) -> float:
    assert field(config, 0, 2) == 2, "fed by the internal oscillator"
    return _r_output_hz(config, 2 * (field(config, 25, 2) + 1))


def _r_output_hz(config: int, r: int) -> float:
    return 16e6 / (field(config, 4, 3) + 1) * field(config, 8, 7) / r


CORE_HZ: Mapping[str, tuple[Callable[[int], float], int]] = {
    "stm32/clock_f1.c": (f1_core_hz, 8),
    "stm32/clock_f4.c": (f4_core_hz, 10),
    "stm32/clock_g0.c": (g0_core_hz, 12),
    "stm32/clock_l4.c": (l4_core_hz, 8),
}
"""By the source that starts the clock: the PLL's output, and where CFGR divides the UART's bus."""

BOARDS = [board for board in all_boards() if not CORE_HZ.keys().isdisjoint(board.build.hal)]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.id)
def test_the_pll_makes_the_clocks_of_the_board_file(board: Board) -> None:
    (source,) = CORE_HZ.keys() & set(board.build.hal)
    core_hz, bus_shift = CORE_HZ[source]
    defines = board.build.defines
    assert core_hz(defines["TDRT_PLL_CONFIG"]) == board.counter.hz
    bus = bus_divider(field(defines["TDRT_CLOCK_DIVIDERS"], bus_shift, 3))
    assert defines["TDRT_UART_CLOCK_HZ"] == board.counter.hz / bus
    assert f" at {board.counter.hz // 1_000_000} MHz" in board.description
