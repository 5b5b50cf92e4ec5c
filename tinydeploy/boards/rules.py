"""What a board file must keep to, beyond the types of its keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from tinydeploy.boards.board import BUILT_BY_FRAMEWORK, Board, Emulator
from tinydeploy.boards.memory import Memory, NamedRegion, Region
from tinydeploy.uploaders import upload_rules

_ID = re.compile(r"[a-z][a-z0-9_]{0,30}")
_FLAG = re.compile(r"-m[A-Za-z0-9=+_.,-]+")
_DEFINE = re.compile(r"TDRT_[A-Z0-9_]+")
_USB_ID = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_COMMENT_ENDS = ("*/", "\\", "`", "${")
# A board file may come from anywhere: it chooses an emulator, not any program, and of its options
# those that play a board. Others start programs, load plug-ins and write files.
_EMULATOR = re.compile(r"qemu-system-[a-z0-9]+|\{elf\}")
_EMULATOR_FLAGS = ("-nodefaults", "-nographic")
_EMULATOR_OPTIONS = {
    "-machine": r"[A-Za-z0-9._-]+",
    "-cpu": r"[A-Za-z0-9._-]+",
    "-m": r"[0-9]+[KMG]?",
    "-smp": r"[0-9]+",
    "-bios": "none",
    "-display": "none",
    "-monitor": "none",
    "-icount": r"\{icount\}",
    "-semihosting-config": "enable=on,target=native",
    "-chardev": r"\{chardev\}",
    "-serial": "chardev:serial0|null",
    "-kernel": r"\{elf\}",
    "-device": r"loader,file=\{elf\}(,cpu-num=[0-9]+)?",
}
_PACKAGES = re.compile(r"[a-z0-9][a-z0-9+. -]*|")
_ADDRESS_END = 1 << 32
# They stand in platformio.ini, whose values may span lines and take in variables.
_PLATFORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@^~:+-]{0,199}")
_PLATFORM_BOARD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REGION = re.compile(r"[A-Z][A-Z0-9_]{2,15}")
_TAKEN_NAMES = ("RAM", "FLASH")


def broken_rules(board: Board) -> Iterator[str]:
    """Yield a message, naming the key, for each rule that `board` breaks."""
    return (message for wrong, message in _rules(board) if wrong)


def framework_rules(board: Board) -> Iterator[str]:
    """Yield a message for what makes it unclear or unsafe who builds for `board`."""
    framework, builds = board.framework, board.build is not BUILT_BY_FRAMEWORK
    if framework is None:
        if not builds:
            yield "key 'build' is missing (or 'framework', for a board of a vendor's framework)"
        return
    if builds:
        yield "'build' and 'framework' exclude each other"
    for key, pattern in (("platform", _PLATFORM), ("board", _PLATFORM_BOARD)):
        if not pattern.fullmatch(getattr(framework, key)):
            yield f"'framework.{key}' is none that PlatformIO can name"
    if board.tier != "recipe":
        yield "'tier' of a board with a 'framework' is recipe: nothing of it was compiled"
    if board.memory.more or board.emulator or board.upload:
        yield "'memory.more', 'emulator' and 'upload' are none of a board with a 'framework'"


def _rules(board: Board) -> Iterator[tuple[bool, str]]:
    """Yield (broken?, message) for what types alone can't say."""
    memory, serial, emulator = board.memory, board.serial, board.emulator
    yield not _ID.fullmatch(board.id), f"{board.id!r} is no id: a-z, 0-9 and _, at most 31 letters"
    texts = {"name": board.name, "description": board.description, "family": board.family}
    for key, text in texts.items():
        # They stand in comments of C and of the linker script.
        plain = bool(text) and text.isprintable() and not any(c in text for c in _COMMENT_ENDS)
        yield not plain, f"'{key}' must be one line of text without {' '.join(_COMMENT_ENDS)}"
    yield from _memory_rules(memory, is_host=not board.toolchain.prefix)
    yield not board.hal, "'build.hal' names no source"
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
        yield from _emulator_rules(emulator)
    yield from _hardware_rules(board)


def _hardware_rules(board: Board) -> Iterator[tuple[bool, str]]:
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


def _memory_rules(memory: Memory, *, is_host: bool) -> Iterator[tuple[bool, str]]:
    named: list[tuple[str, Region | NamedRegion]]
    named = [("memory.flash", memory.flash), ("memory.ram", memory.ram)]
    for region in memory.more:
        good = _REGION.fullmatch(region.name) and region.name not in _TAKEN_NAMES
        yield not good, f"'memory.more': {region.name!r} is no name: 3 to 16 of A-Z, 0-9 and _"
        yield from _more_rules(region)
        named.append((f"memory.more {region.name}", region))
    for key, range_ in named:
        good = 0 <= range_.origin < range_.end <= _ADDRESS_END
        yield not good, f"'{key}' is no range of 32-bit addresses"
    bad_stack = not 512 <= memory.stack_bytes < memory.ram.length or memory.stack_bytes % 16
    yield bool(bad_stack), "'memory.stack_bytes' must be a multiple of 16, >= 512 and inside RAM"
    for (key, one), (other_key, other) in combinations(named, 2):
        yield key == other_key, f"there are two of '{key}'"
        overlap = one.origin < other.end and other.origin < one.end
        yield overlap, f"'{key}' and '{other_key}' overlap"
    yield is_host and bool(memory.more), "'memory.more': a program of this computer has but one"


def _more_rules(region: NamedRegion) -> Iterator[tuple[bool, str]]:
    key = f"memory.more {region.name}"
    yield region.origin % 16 != 0, f"'{key}': 'origin' must be a multiple of 16"
    if region.enable is not None:
        register, bits = region.enable.register, region.enable.bits
        good = 0 <= register < _ADDRESS_END and register % 4 == 0
        yield not good, f"'{key}': 'enable.register' must be the address of a 32-bit register"
        yield not 0 < bits < _ADDRESS_END, f"'{key}': 'enable.bits' must be a 32-bit number, not 0"


def _emulator_rules(emulator: Emulator) -> Iterator[tuple[bool, str]]:
    good = bool(_EMULATOR.fullmatch(emulator.program))
    yield not good, "'emulator.program' must be qemu-system-… or {elf}"
    for refused in _refused_arguments(emulator.args):
        known = " ".join((*_EMULATOR_FLAGS, *_EMULATOR_OPTIONS))
        yield True, f"'emulator.args': {refused!r} is none that a board file may give: {known}"
    bad_packages = not _PACKAGES.fullmatch(emulator.apt_packages)
    yield bad_packages, "'emulator.apt_packages' must be names of packages"
    yield not 0 <= emulator.icount_shift <= 10, "'emulator.icount_shift' must be 0 to 10"


def _refused_arguments(arguments: Sequence[str]) -> Iterator[str]:
    """Yield the options that are not on the list, with their value."""
    left = iter(arguments)
    for option in left:
        if option in _EMULATOR_FLAGS:
            continue
        value = next(left, "")
        if not re.fullmatch(_EMULATOR_OPTIONS.get(option, r"(?!)"), value):
            yield f"{option} {value}".strip()
