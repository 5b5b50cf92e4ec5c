"""Boards are data: one TOML file each, read strictly into frozen values.

docs/boards.md explains each key and how to add a board.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import tomli

from tinydeploy.errors import BoardError, did_you_mean
from tinydeploy.resources import boards_dir, templates_dir
from tinydeploy.tables import TableReader
from tinydeploy.toolchains import TOOLCHAINS, Toolchain
from tinydeploy.uploaders import DEFAULT_GDB_RESET, Upload, upload_rules


@dataclass(frozen=True, slots=True)
class Region:
    """A range of addresses."""

    origin: int
    length: int

    @property
    def end(self) -> int:
        return self.origin + self.length


@dataclass(frozen=True, slots=True)
class Memory:
    """The memory that the firmware may use; the stack is reserved inside `ram`."""

    flash: Region
    ram: Region
    stack_bytes: int


@dataclass(frozen=True, slots=True)
class Build:
    """How the firmware for this board is compiled and linked."""

    toolchain: str
    cpu_flags: tuple[str, ...]
    linker_script: str  # a template in firmware_templates/project/
    hal: tuple[str, ...]  # C sources in firmware_templates/hal/
    defines: Mapping[str, int]


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
    build: Build
    counter: Counter
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
        return next(t for t in TOOLCHAINS if t.id == self.build.toolchain)


@cache
def all_boards() -> tuple[Board, ...]:
    """Return every board that comes with tinydeploy, `host` first, then by id."""
    paths = sorted(boards_dir().glob("*.toml"), key=lambda path: (path.stem != "host", path.stem))
    return tuple(_read_board(path) for path in paths)


def load_board(name: str) -> Board:
    """Return the board with the id `name`, or the one in the file `name` (ending in .toml).

    Raises:
        BoardError: unknown id, unreadable file, or a file that breaks the schema.
    """
    if name.endswith(".toml"):
        return _read_board(Path(name))
    known = [path.stem for path in boards_dir().glob("*.toml")]
    if name not in known:
        raise BoardError(
            f"there is no board {name!r}",
            f"{did_you_mean(name, known)} `tinydeploy boards` lists all of them.",
        )
    return _read_board(boards_dir() / f"{name}.toml")


def _read_board(path: Path) -> Board:
    try:
        table = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BoardError(
            f"board file {path} can't be read: {error.strerror}",
            "Give the path of a board file, or an id from `tinydeploy boards`.",
        ) from error
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BoardError(
            f"board file {path} is no valid TOML: {error}", "docs/boards.md shows an example."
        ) from error
    if "id" in table:
        raise BoardError(f"board file {path}: unknown key 'id'", "The file's name is the id.")
    reader = TableReader(f"board file {path}", BoardError, "docs/boards.md explains each key.")
    board: Board = reader.read(Board, {**table, "id": path.stem}, "")
    _check(board, reader)
    return board


_ID = re.compile(r"[a-z][a-z0-9_]{0,30}")
_FLAG = re.compile(r"-m[A-Za-z0-9=+_.,-]+")
_DEFINE = re.compile(r"TDRT_[A-Z0-9_]+")
_USB_ID = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_COMMENT_ENDS = ("*/", "\\", "`", "${")
# A board file may come from anywhere: it chooses an emulator, not any program.
_EMULATOR = re.compile(r"qemu-system-[a-z0-9]+|\{elf\}")
_ADDRESS_END = 1 << 32


def _check(board: Board, reader: TableReader) -> None:
    for wrong, message in _rules(board):
        if wrong:
            raise reader.fail(message)
    if board.build.toolchain not in {t.id for t in TOOLCHAINS}:
        hint = did_you_mean(board.build.toolchain, [t.id for t in TOOLCHAINS])
        raise reader.fail(f"'build.toolchain' is {board.build.toolchain!r}", hint)
    for source in board.build.hal:
        _check_template(reader, "build.hal", "hal", source)
    _check_template(reader, "build.linker_script", "project", board.build.linker_script)


def _rules(board: Board) -> Iterable[tuple[bool, str]]:
    """Yield (broken?, message) for what types alone can't say."""
    memory, serial, emulator = board.memory, board.serial, board.emulator
    yield not _ID.fullmatch(board.id), f"{board.id!r} is no id: a-z, 0-9 and _, at most 31 letters"
    texts = {"name": board.name, "description": board.description, "family": board.family}
    for key, text in texts.items():
        # They stand in comments of C and of the linker script.
        plain = bool(text) and text.isprintable() and not any(c in text for c in _COMMENT_ENDS)
        yield not plain, f"'{key}' must be one line of text without {' '.join(_COMMENT_ENDS)}"
    for key, region in (("flash", memory.flash), ("ram", memory.ram)):
        good = 0 <= region.origin < region.end <= _ADDRESS_END
        yield not good, f"'memory.{key}' is no range of 32-bit addresses"
    bad_stack = not 512 <= memory.stack_bytes < memory.ram.length or memory.stack_bytes % 16
    yield bool(bad_stack), "'memory.stack_bytes' must be a multiple of 16, >= 512 and inside RAM"
    overlap = memory.flash.origin < memory.ram.end and memory.ram.origin < memory.flash.end
    yield overlap, "'memory.flash' and 'memory.ram' overlap"
    yield not board.build.hal, "'build.hal' names no source"
    for flag in board.build.cpu_flags:
        yield not _FLAG.fullmatch(flag), f"'build.cpu_flags': {flag!r} is no machine option (-m…)"
    for name, value in board.build.defines.items():
        good = bool(_DEFINE.fullmatch(name)) and 0 <= value < _ADDRESS_END
        yield not good, f"'build.defines.{name}' must be TDRT_… = a 32-bit number"
    yield not 1 <= board.counter.hz <= 10**10, "'counter.hz' must be from 1 to 10000000000"
    yield not 300 <= serial.baud <= 10**8, "'serial.baud' must be from 300 to 100000000"
    bad_payload = not 64 <= serial.payload_bytes <= 4096
    yield bad_payload, "'serial.payload_bytes' must be from 64 to 4096"
    kind = board.counter.kind
    only_emulated = kind == "instructions" and emulator is None
    yield only_emulated, "'counter.kind': only an emulator counts instructions"
    yield kind == "cycles" and emulator is not None, "'counter.kind': no emulator knows cycles"
    yield board.tier == "emulated" and emulator is None, "an emulated board needs an [emulator]"
    if emulator is not None:
        good = bool(_EMULATOR.fullmatch(emulator.program))
        yield not good, "'emulator.program' must be qemu-system-… or {elf}"
        yield not 0 <= emulator.icount_shift <= 10, "'emulator.icount_shift' must be 0 to 10"
    yield from _rules_of_hardware(board)


def _rules_of_hardware(board: Board) -> Iterable[tuple[bool, str]]:
    if board.timing is not None:
        good = 0 <= board.timing.flash_wait_states <= 15
        yield not good, "'timing.flash_wait_states' must be from 0 to 15"
        good = board.timing.flash_line_bytes in (4, 8, 16, 32)
        yield not good, "'timing.flash_line_bytes' must be 4, 8, 16 or 32"
    for usb_id in board.usb.ids if board.usb else ():
        good = bool(_USB_ID.fullmatch(usb_id))
        yield not good, f"'usb.ids': {usb_id!r} is no USB id like 0483:374b"
    if board.upload is not None:
        yield from upload_rules(board.upload)


def _check_template(reader: TableReader, key: str, folder: str, name: str) -> None:
    root = templates_dir() / folder
    known = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    if name not in known:
        raise reader.fail(f"'{key}': there is no {name!r} in {folder}/", did_you_mean(name, known))
