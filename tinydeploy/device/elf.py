"""What a linked firmware takes of flash and RAM, read from its ELF file.

Our linker scripts put the model library's code and weights into sections of their own. Where a
vendor's framework linked, their symbols tell them and our stack apart; unnamed tables then count as
runtime.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinydeploy.boards.memory import NamedRegion
from tinydeploy.errors import BuildError

_CODE, _WEIGHTS, _STACK = ".model_code", ".model_weights", ".stack"
_CODE_SYMBOL, _WEIGHTS_SYMBOL, _STACK_SYMBOL = "td_", "td_w_", "tdrt_stack"
_FUNCTIONS = ("STT_FUNC",)
_OBJECTS = ("STT_OBJECT", "STT_NOTYPE")  # GCC for Arm gives a static array of zeros no type


@dataclass(frozen=True, slots=True)
class LinkedSizes:
    """Sizes in bytes; code, weights and runtime (start-up, HAL, C library …) are all of flash."""

    code_bytes: int
    weights_bytes: int
    runtime_bytes: int
    static_bytes: int
    stack_reserved_bytes: int

    @property
    def flash_bytes(self) -> int:
        return self.code_bytes + self.weights_bytes + self.runtime_bytes


def read_sizes(elf: Path, rams: Sequence[NamedRegion] = ()) -> LinkedSizes:
    """Return the sizes of the firmware `elf`; padding counts to the section before it.

    `rams`, where a vendor's framework linked: sections that it marks as writable may lie in flash,
    which do not count.

    Raises:
        BuildError: no ELF file, or not one of ours.
    """
    try:
        with elf.open("rb") as file:
            return _sizes(ELFFile(file), rams)
    except (OSError, ELFError) as error:
        raise BuildError(f"{elf} can't be read: {error}", "Build again.") from error


@dataclass(frozen=True, slots=True)
class Segment:
    """Bytes of a firmware, and the address that they are loaded to."""

    address: int
    data: bytes

    @property
    def end(self) -> int:
        return self.address + len(self.data)


def read_segments(elf: Path) -> tuple[Segment, ...]:
    """Return what has to be in the memory of the device before `elf` starts, by address.

    Raises:
        BuildError: no ELF file, or one with nothing to load.
    """
    try:
        with elf.open("rb") as file:
            loaded = [s for s in ELFFile(file).iter_segments() if s["p_type"] == "PT_LOAD"]
            found = [Segment(s["p_paddr"], s.data()) for s in loaded if s["p_filesz"]]
    except (OSError, ELFError) as error:
        raise BuildError(f"{elf} can't be read: {error}", "Build again.") from error
    if not found:
        raise BuildError(f"{elf} holds nothing to load", "Build again.")
    return tuple(sorted(found, key=lambda segment: segment.address))


def _sizes(image: ELFFile, rams: Sequence[NamedRegion]) -> LinkedSizes:
    allocated = [s for s in image.iter_sections() if s["sh_flags"] & SH_FLAGS.SHF_ALLOC]
    flash = sum(_stored_bytes(image))
    code, weights, stack = (_size(allocated, name) for name in (_CODE, _WEIGHTS, _STACK))
    if code == 0:
        code = _symbol_bytes(image, _FUNCTIONS, _CODE_SYMBOL)
        weights = _symbol_bytes(image, _OBJECTS, _WEIGHTS_SYMBOL)
    stack = stack or _symbol_bytes(image, _OBJECTS, _STACK_SYMBOL)
    written = [s for s in allocated if s["sh_flags"] & SH_FLAGS.SHF_WRITE]
    in_ram = [s for s in written if any(s["sh_addr"] in ram for ram in rams)]
    static = sum(s["sh_size"] for s in in_ram or written) - stack
    return LinkedSizes(code, weights, flash - code - weights, static, stack)


def _stored_bytes(image: ELFFile) -> Iterable[int]:
    """Yield the bytes of each segment that lie in flash (initial values of data included)."""
    return (s["p_filesz"] for s in image.iter_segments() if s["p_type"] == "PT_LOAD")


def _symbol_bytes(image: ELFFile, kinds: Container[str], prefix: str) -> int:
    tables = [s for s in image.iter_sections() if isinstance(s, SymbolTableSection)]
    found = {
        (symbol["st_value"], symbol["st_size"])
        for table in tables
        for symbol in table.iter_symbols()
        if symbol["st_info"]["type"] in kinds and symbol.name.startswith(prefix)
    }
    return sum(size for _, size in found)


def _size(sections: Iterable[Any], name: str) -> int:
    return sum(s["sh_size"] for s in sections if s.name == name)
