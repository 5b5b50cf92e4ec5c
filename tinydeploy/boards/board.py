"""A board as frozen values; docs/boards.md explains each key."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from tinydeploy.boards.memory import Memory
from tinydeploy.frameworks import FRAMEWORKS, VendorFramework
from tinydeploy.toolchains import TOOLCHAINS, VENDOR, Toolchain
from tinydeploy.uploaders import DEFAULT_GDB_RESET, Upload


@dataclass(frozen=True, slots=True)
class Build:
    """How the firmware for this board is compiled and linked."""

    toolchain: str
    cpu_flags: tuple[str, ...]
    linker_script: str  # a template in firmware_templates/project/
    hal: tuple[str, ...]  # C sources in firmware_templates/hal/
    defines: Mapping[str, int]


BUILT_BY_FRAMEWORK = Build(VENDOR.id, (), "", (), MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Framework:
    """Instead of a build of our own: a vendor's framework, as PlatformIO names it all."""

    name: Literal["arduino", "espidf", "zephyr"]
    platform: str
    board: str


@dataclass(frozen=True, slots=True)
class Counter:
    """What the device counts during an inference, and how fast its counter ticks.

    Cycles are the core's: `hz` is its clock, and time follows from them.
    """

    kind: Literal["instructions", "cycles", "microseconds"]
    hz: int


@dataclass(frozen=True, slots=True)
class Serial:
    """The serial line; `payload_bytes` is the most that one frame carries."""

    baud: int = 115200
    payload_bytes: int = 128


@dataclass(frozen=True, slots=True)
class Emulator:
    """The program that plays this board.

    `{elf}` in `args` stands for the firmware and `{chardev}` for the serial line. One
    instruction takes 2**icount_shift nanoseconds of the emulated clock.
    """

    program: str
    args: tuple[str, ...]
    apt_packages: str = ""
    icount_shift: int = 0


@dataclass(frozen=True, slots=True)
class Timing:
    """What an estimate of cycles needs to know of the core and its flash: docs/cycles.md."""

    core: Literal["cortex-m0", "cortex-m0plus", "cortex-m3", "cortex-m4"]
    flash_wait_states: int = 0
    flash_line_bytes: int = 4  # read from flash at a time
    flash_buffer: Literal["none", "prefetch", "cache"] = "none"


@dataclass(frozen=True, slots=True)
class Usb:
    """How the board, or the probe on it, shows itself on USB: `vendor:product` in hexadecimal."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """One board file. `isa` is the richest instruction set whose kernels it can run."""

    id: str
    name: str
    description: str
    tier: Literal["emulated", "built", "recipe"]
    isa: Literal["generic", "dsp", "mve"]
    memory: Memory
    counter: Counter
    build: Build = BUILT_BY_FRAMEWORK
    framework: Framework | None = None
    family: str = "other"  # of the microcontroller, or who plays one
    serial: Serial = Serial()
    emulator: Emulator | None = None
    upload: Upload | None = None
    usb: Usb | None = None
    timing: Timing | None = None

    @property
    def pointer_bytes(self) -> int:
        """Size of an address: 4, but for the computer that plays `host`."""
        return 4 if self.toolchain.prefix else struct.calcsize("P")

    @property
    def gdb_reset(self) -> tuple[str, ...]:
        """Commands of a GDB server that reset the core and keep it stopped."""
        if self.upload is not None:
            return self.upload.gdb_reset
        return ("system_reset",) if self.emulator is not None else DEFAULT_GDB_RESET

    @property
    def toolchain(self) -> Toolchain:
        return next(t for t in (*TOOLCHAINS, VENDOR) if t.id == self.build.toolchain)

    @property
    def vendor(self) -> VendorFramework:
        """What we know of the framework of a board that has one."""
        return next(f for f in FRAMEWORKS if self.framework and f.name == self.framework.name)

    @property
    def hal(self) -> tuple[str, ...]:
        """C sources in firmware_templates/hal/."""
        return (self.vendor.hal,) if self.framework else self.build.hal
