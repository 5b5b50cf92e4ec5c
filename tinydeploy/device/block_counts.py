"""Counting executed blocks: a plugin for QEMU, built here by the host's compiler."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from tinydeploy.boards import Board
from tinydeploy.cache import cache_dir
from tinydeploy.cycles.blocks import BlockCounts, parse_counts
from tinydeploy.device.platformio import BuildResult, compiler_identity
from tinydeploy.device.session import open_device
from tinydeploy.errors import BuildError, DeviceError, ToolMissingError, UsageError
from tinydeploy.resources import templates_dir

# An inference runs from the model's first instruction to the reading of the counter after it.
_START, _STOP = "td_model_invoke", "tdrt_counter_read"
_FLAGS = ("-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O2", "-shared", "-fPIC")
_COMPILE_TIMEOUT_S = 60


def count_blocks(
    board: Board, build: BuildResult, inputs: Sequence[bytes], line_bytes: int = 0
) -> BlockCounts:
    """Run one warm inference of `inputs` on the emulator of `board` and count its blocks.

    `line_bytes` is what is read from flash at a time; 0: reads from flash are not counted.

    Raises:
        UsageError: no QEMU plays the board.
        ToolMissingError: no compiler for the host, or no emulator.
        DeviceError: the emulator didn't count; old and new versions of QEMU may refuse plugins.
    """
    if board.emulator is None or not board.emulator.program.startswith("qemu"):
        raise UsageError(f"blocks can't be counted on {board.id}", "QEMU doesn't play it.")
    plugin = build_plugin()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        arguments = _plugin_arguments(board, build.elf, plugin, out, line_bytes)
        with open_device(board, build, emulator_arguments=arguments) as device:
            device.invoke(inputs)
            device.invoke(inputs)
        try:
            return parse_counts(out.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise DeviceError(f"the emulator counted nothing: {error}") from error


def _plugin_arguments(
    board: Board, elf: Path, plugin: Path, out: Path, line_bytes: int
) -> list[str]:
    flash = board.memory.flash
    symbols = _addresses(elf)
    values = {
        "out": str(out).replace(",", ",,"),
        "start": f"{symbols[_START]:x}",
        "stop": f"{symbols[_STOP]:x}",
        "flash": f"{flash.origin:x}",
        "flash_end": f"{flash.end:x}",
        "line": f"{line_bytes:x}",
    }
    pairs = ",".join(f"{name}={value}" for name, value in values.items())
    return ["-plugin", f"{str(plugin).replace(',', ',,')},{pairs}"]


def _addresses(elf: Path) -> dict[str, int]:
    """Where the two functions start, without the bit that says Thumb."""
    try:
        with elf.open("rb") as file:
            table = ELFFile(file).get_section_by_name(".symtab")
            found = {n: table.get_symbol_by_name(n)[0]["st_value"] & ~1 for n in (_START, _STOP)}
    except (OSError, ELFError, AttributeError, TypeError) as error:
        raise BuildError(f"{elf} has no symbols: {error}", "Build again.") from error
    return found


def build_plugin() -> Path:
    """The plugin as a shared library in the cache folder; built when it isn't there yet."""
    source = templates_dir() / "qemu_plugin" / "block_counts.c"
    compiler = next((path for name in ("cc", "gcc") if (path := shutil.which(name))), None)
    if compiler is None:
        raise ToolMissingError(
            "no C compiler for this computer is on PATH; counting blocks needs one",
            "Install it with: sudo apt-get install gcc libc6-dev",
        )
    identity = compiler_identity(compiler).encode()
    digest = hashlib.sha256(source.read_bytes() + identity).hexdigest()[:16]
    library = cache_dir() / "qemu_plugin" / f"block_counts-{digest}.so"
    if not library.is_file():
        _compile(compiler, source, library)
    return library


def _compile(compiler: str, source: Path, library: Path) -> None:
    """Put the library in place at once: others may want it at the same moment."""
    part = library.with_name(f".{library.name}.{os.getpid()}")
    try:
        library.parent.mkdir(parents=True, exist_ok=True)
        command = [compiler, *_FLAGS, "-o", str(part), str(source)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_COMPILE_TIMEOUT_S, check=False
        )
        if done.returncode:
            raise BuildError(f"the emulator's plugin can't be built:\n{done.stderr[:800]}")
        part.replace(library)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"the emulator's plugin can't be built: {error}") from error
    finally:
        part.unlink(missing_ok=True)
