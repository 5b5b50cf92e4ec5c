"""What went into which memory of a board, read from the ELF file of its firmware."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from tinydeploy.boards import Memory, NamedRegion
from tinydeploy.errors import BuildError

Part = Literal["arena", "stack", "data", "weights", "code", "runtime"]
_ARENA = "guarded_arena"
_SECTIONS: dict[str, Part] = {
    ".stack": "stack",
    ".model_weights": "weights",
    ".model_code": "code",
}


@dataclass(frozen=True, slots=True)
class RegionUse:
    """The bytes of each part in one memory: the arena with its guards, the stack as reserved.

    `runtime` is start-up, HAL, C library and initial values.
    """

    region: NamedRegion
    parts: dict[Part, int]

    @property
    def free_bytes(self) -> int:
        return self.region.length - sum(self.parts.values())


def read_layout(elf: Path, memory: Memory) -> tuple[RegionUse, ...]:
    """Return the use of each memory, the RAMs first, fastest first.

    Raises:
        BuildError: no ELF file.
    """
    try:
        with elf.open("rb") as file:
            pieces = list(_pieces(ELFFile(file)))
    except (OSError, ELFError) as error:
        raise BuildError(f"{elf} can't be read: {error}", "Build again.") from error
    return tuple(
        RegionUse(region, _parts(pieces, region)) for region in (*memory.rams, *memory.flashes)
    )


def _parts(pieces: list[tuple[Part, int, int]], region: NamedRegion) -> dict[Part, int]:
    sizes: Counter[Part] = Counter()
    for part, address, size in pieces:
        if address in region:
            sizes[part] += size
    return {part: sizes[part] for part in get_args(Part) if sizes[part]}


def _pieces(image: ELFFile) -> Iterator[tuple[Part, int, int]]:
    """Yield (part, address, bytes); what is a part of a larger one is taken off that."""
    for section in image.iter_sections():
        allocated = section["sh_flags"] & SH_FLAGS.SHF_ALLOC
        is_written = section["sh_flags"] & SH_FLAGS.SHF_WRITE
        part = _SECTIONS.get(section.name, "data")
        if allocated and (is_written or part in ("weights", "code")):
            yield part, section["sh_addr"], section["sh_size"]
        if allocated and part in ("weights", "code"):
            yield "runtime", section["sh_addr"], -section["sh_size"]
        if isinstance(section, SymbolTableSection):
            for symbol in section.get_symbol_by_name(_ARENA) or ():
                yield "arena", symbol["st_value"], symbol["st_size"]
                yield "data", symbol["st_value"], -symbol["st_size"]
    for segment in image.iter_segments():
        if segment["p_type"] == "PT_LOAD":
            yield "runtime", segment["p_paddr"], segment["p_filesz"]
