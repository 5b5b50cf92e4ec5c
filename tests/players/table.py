"""Who plays the boards for which tinydeploy itself starts no emulator.

docs/boards.md shows this table; every row of it is a case of test_players.py. Each of them has the
clock, the UART and the counter of its microcontroller. None keeps time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

PLAYED_ISA: Literal["generic"] = "generic"
"""Whose kernels the players execute right: labwired's Arm DSP instructions lie or do nothing."""


@dataclass(frozen=True, slots=True)
class Player:
    """`arguments` are what the program's script in this folder takes, besides the image."""

    board_id: str
    program: Literal["labwired", "rp2040js"]
    arguments: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.board_id}-{self.program}"


# Of labwired: the chip, and the name that its UART has there. The F446 is played by its smaller
# sister, the G0B1 by the G071: same clock, pins and UART, less memory.
PLAYERS = (
    Player("nucleo_f103rb", "labwired", ("stm32f103", "uart2")),
    Player("nucleo_f401re", "labwired", ("stm32f401", "uart2")),
    Player("nucleo_f411re", "labwired", ("stm32f411ceu6", "usart2")),
    Player("nucleo_f446re", "labwired", ("stm32f401", "uart2")),
    Player("nucleo_g071rb", "labwired", ("stm32g071", "usart2")),
    Player("nucleo_g0b1re", "labwired", ("stm32g071", "usart2")),
    Player("nucleo_g474re", "labwired", ("stm32g474re", "lpuart1")),
    Player("nucleo_l476rg", "labwired", ("stm32l476", "uart2")),
    Player("nucleo_u575zi_q", "labwired", ("stm32u575", "usart1")),
    Player("pico", "labwired", ("rp2040", "uart0")),
    Player("pico", "rp2040js"),
)
