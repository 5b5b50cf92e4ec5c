"""Who plays the boards for which tinydeploy itself starts no emulator.

docs/boards.md shows this table; every row of it is a case of test_players.py. Each of them has the
clock, the UART and the counter of its microcontroller. None keeps time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

PLAYED_ISA: Literal["generic"] = "generic"
"""Whose kernels the players execute right: labwired's Arm DSP instructions lie or do nothing."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """Where labwired's description of a chip is not what the chip is, or what starts it."""

    uart_profile: str | None = None
    """The register layout of the board's UART, one of labwired's."""
    flash_origin: int | None = None
    """Where the image starts: labwired has no bootloader that jumps there."""
    memory_words: tuple[int, ...] = ()
    """Addresses of four words each that labwired lacks; there they are memory."""


@dataclass(frozen=True, slots=True)
class Player:
    """A program that plays a board; for labwired the chip and the name of its UART there.

    A chip whose only UART is not selectable by name has None.
    """

    board_id: str
    program: Literal["labwired", "rp2040js"]
    chip: str
    uart: str | None = None
    corrections: Corrections = field(default_factory=Corrections)

    def __str__(self) -> str:
        return f"{self.board_id}-{self.program}"


# What each core of the kind has, but not each of labwired's: SysTick, DEMCR, FPCCR. Start-up and
# the cycle counter set them; nothing here depends on what they do.
_SYSTICK = 0xE000E010
_DEMCR = 0xE000EDF0
_FPCCR = 0xE000EF30
# The factory's calibration of the SAM D21's DFLL. As zeros it gives another rate, which none sees.
_D21_CALIBRATION = 0x00806020
_NRF52 = Corrections(memory_words=(_SYSTICK, _DEMCR, _FPCCR))

# The F446 is played by its smaller sister, the F746 by its larger one, the G0B1 by the G071: the
# same clock, pins and UART, another amount of memory.
PLAYERS = (
    Player(
        "arduino_zero",
        "labwired",
        "atsamd21g18a",
        "sercom5",
        Corrections(flash_origin=0x2000, memory_words=(_D21_CALIBRATION,)),
    ),
    Player("microbit_v2", "labwired", "nrf52833", None, _NRF52),
    Player("nrf52840_dk", "labwired", "nrf52840", None, _NRF52),
    Player("nrf52_dk", "labwired", "nrf52832", None, _NRF52),
    Player("nucleo_f103rb", "labwired", "stm32f103", "uart2"),
    Player("nucleo_f401re", "labwired", "stm32f401", "uart2"),
    Player("nucleo_f411re", "labwired", "stm32f411ceu6", "usart2"),
    Player("nucleo_f446re", "labwired", "stm32f401", "uart2"),
    Player("nucleo_f746zg", "labwired", "stm32f767", "usart3", Corrections("stm32v2")),
    Player("nucleo_f767zi", "labwired", "stm32f767", "usart3", Corrections("stm32v2")),
    Player("nucleo_g071rb", "labwired", "stm32g071", "usart2"),
    Player("nucleo_g0b1re", "labwired", "stm32g071", "usart2"),
    Player("nucleo_g474re", "labwired", "stm32g474re", "lpuart1"),
    Player("nucleo_l476rg", "labwired", "stm32l476", "uart2"),
    Player("nucleo_u575zi_q", "labwired", "stm32u575", "usart1"),
    Player("pico", "labwired", "rp2040", "uart0"),
    Player("pico", "rp2040js", "rp2040"),
    Player("pico2", "labwired", "rp2350", "uart0", Corrections(memory_words=(_DEMCR, _FPCCR))),
)
