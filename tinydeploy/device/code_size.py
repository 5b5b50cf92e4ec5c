"""How much flash a library's code will take: its objects compiled as the build would, unlinked.

Only compiling tells: the same kernel differs by compiler, core and the constants of a layer.
Each object's size is kept in the cache, so a kernel that has been compiled before costs nothing.
"""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from tinydeploy.boards import Board
from tinydeploy.cache import read_cached, write_cached
from tinydeploy.codegen.project import compile_flags
from tinydeploy.config import Optimize
from tinydeploy.device.platformio import compiler_identity, find_compiler

_CACHE = "code_sizes"
_WEIGHTS_SECTION = ".td_w_"
_WEIGHTS_FILE = "weights.c"
_PARALLEL = 2
_MAX_ENTRIES = 4000


def predict_code_bytes(files: Mapping[str, str], board: Board, goal: Optimize) -> int | None:
    """Flash bytes of the code in `files` (a generated library), or None without a compiler.

    Tables are not counted. None too where a file does not compile: the build says why.
    """
    compiler = find_compiler(board)
    if compiler is None:
        return None
    command = (compiler, *board.build.cpu_flags, *_libc_flags(compiler, board))
    command += compile_flags(board, goal)
    sources = [n for n in sorted(files) if n.endswith((".c", ".S")) and n != _WEIGHTS_FILE]
    included = "".join(f"\0{n}\0{files[n]}" for n in sorted(files) if n not in sources)
    identity = f"{compiler_identity(compiler)}\0{command}\0{included}"
    with tempfile.TemporaryDirectory(prefix="tinydeploy-") as folder:
        measure = _Measure(Path(folder), files, command, identity)
        with ThreadPoolExecutor(_PARALLEL) as pool:
            sizes = list(pool.map(measure.size_of, sources))
    return None if None in sizes else sum(size for size in sizes if size is not None)


class _Measure:
    """Sizes of single objects of one library."""

    def __init__(
        self, folder: Path, files: Mapping[str, str], command: Sequence[str], identity: str
    ) -> None:
        self._folder = folder
        self._files = files
        self._command = command
        self._identity = identity

    def size_of(self, source: str) -> int | None:
        """Bytes of code in the object of `source`, from the cache or by compiling it."""
        key = hashlib.sha256(f"{self._identity}\0{source}\0{self._files[source]}".encode())
        known = read_cached(_CACHE, key.hexdigest())
        if known is not None and known.isdigit():
            return int(known)
        size = self._compile(source)
        if size is not None:
            write_cached(_CACHE, key.hexdigest(), str(size).encode(), _MAX_ENTRIES)
        return size

    def _compile(self, source: str) -> int | None:
        folder = self._folder / Path(source).stem
        folder.mkdir()
        for name, text in self._files.items():
            if name == source or not name.endswith((".c", ".S")):
                (folder / name).write_text(text, encoding="utf-8")
        command = [*self._command, "-c", source, "-o", "object.o"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        return _code_bytes(folder / "object.o") if done.returncode == 0 else None


def _code_bytes(path: Path) -> int | None:
    """Bytes that are loaded into flash and are not tables of the model."""
    try:
        with path.open("rb") as file:
            sections = list(ELFFile(file).iter_sections())
    except ELFError:
        return None
    return sum(
        _padded(int(section["sh_size"]), int(section["sh_addralign"]))
        for section in sections
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC
        and not section["sh_flags"] & SH_FLAGS.SHF_WRITE
        and _WEIGHTS_SECTION not in section.name
    )


def _padded(size_bytes: int, alignment_bytes: int) -> int:
    return -(-size_bytes // alignment_bytes) * alignment_bytes if alignment_bytes else size_bytes


def _libc_flags(compiler: str, board: Board) -> tuple[str, ...]:
    """The spec file of the C library, as the project's build script chooses it."""
    for specs in board.toolchain.libc_specs:
        answer = subprocess.run(
            [compiler, f"-print-file-name={specs}"], capture_output=True, text=True, check=False
        )
        if Path(answer.stdout.strip()).is_absolute():
            return (f"--specs={specs}",)
    return ()
