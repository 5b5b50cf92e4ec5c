"""The firmware project as a value: a generated model library and a board become files."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from tinydeploy import __version__
from tinydeploy.boards import Board
from tinydeploy.codegen.framework_project import (
    MODEL_FOLDER,
    framework_files,
    framework_readme,
)
from tinydeploy.codegen.jinja import read_template, render
from tinydeploy.codegen.wire_header import wire_header
from tinydeploy.codegen.writer import write_tree
from tinydeploy.config import Optimize
from tinydeploy.plan.placement import Placement, in_main_memories
from tinydeploy.resources import templates_dir

_COMPILE_FLAGS = (
    "-std=gnu99",
    "-g",
    "-ffunction-sections",
    "-fdata-sections",
    "-fno-common",
    "-fno-stack-protector",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
    "-fno-ident",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-Wconversion",
)
_BARE_METAL_LINK_FLAGS = (
    "-nostartfiles",
    "-Wl,--no-warn-rwx-segments",
    # Else the first segment may begin with the headers of the ELF file, before the flash that is
    # ours: where it begins in the middle of a page, behind a boot loader.
    "-Wl,--nmagic",
)
_DIGEST_CHARS = 32
_BUILDER = ("main.py", "upload.py", "mass_storage.py")


class ModelLibrary(Protocol):
    """What a project needs of a generated model library."""

    @property
    def files(self) -> Mapping[str, str]:
        """Sources by name, relative to the library's folder."""

    @property
    def digest(self) -> str:
        """32 hexadecimal characters that stand for the library's files."""


@dataclass(frozen=True, slots=True)
class Firmware:
    """A PlatformIO project: {relative path: content}, and what identifies it.

    The firmware reports `digest`, so that the host knows which project a device runs.
    """

    files: Mapping[str, str]
    digest: str
    board_id: str

    def write(self, out_dir: Path) -> None:
        """Write the project to `out_dir`, replacing an earlier one there.

        Raises:
            OutputError: the folder can't be written, or holds something else.
        """
        write_tree(out_dir, self.files)


def compile_flags(board: Board, goal: Optimize) -> tuple[str, ...]:
    """How every source is compiled, besides the board's machine options."""
    # Where code may be moved at start-up, tables of pointers would land in RAM.
    position = () if board.toolchain.prefix else ("-fno-pie",)
    return (*_COMPILE_FLAGS, *position, "-Os" if goal is Optimize.SIZE else "-O2")


def generate_project(
    library: ModelLibrary,
    board: Board,
    name: str = "model",
    goal: Optimize = Optimize.BALANCED,
    placement: Placement | None = None,
) -> Firmware:
    """Return the self-contained PlatformIO project that runs `library` on `board`.

    `name` is for people: it stands in comments only, reduced to plain characters. Without a
    `placement` everything is in the main memories.
    """
    placement = placement or in_main_memories(board.memory)
    title = "".join(c for c in name if c.isascii() and (c.isalnum() or c in "_-. "))[:60] or "model"
    folder = MODEL_FOLDER if board.framework else "lib/model"
    files = {
        **{f"{folder}/{path}": text for path, text in library.files.items()},
        **_runtime_files(),
        **_hal_files(board),
    }
    if board.framework:
        files |= framework_files(board, title, goal, files)
    else:
        files |= _own_build(board, title, goal, placement)
    digest = _digest({**files, "build": _build_header(board, placement, "")})
    files["src/tdrt_build.h"] = _build_header(board, placement, digest)
    files["README.md"] = _readme(title, board, placement, digest)
    return Firmware(dict(sorted(files.items())), digest, board.id)


def _own_build(board: Board, title: str, goal: Optimize, placement: Placement) -> Mapping[str, str]:
    script = f"project/{board.build.linker_script}"
    return {
        **_platform_files(board, goal, placement),
        "link.ld": render(script, board=board, placement=placement),
        "platformio.ini": render(
            "project/platformio.ini.j2", name=title, board=board, families=_families(board)
        ),
    }


def _digest(files: Mapping[str, str]) -> str:
    total = hashlib.sha256()
    for path, text in sorted(files.items()):
        for part in (path, text):
            data = part.encode()
            total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:_DIGEST_CHARS]


def _build_header(board: Board, placement: Placement, digest: str) -> str:
    enables = [region.enable for region in placement.regions if region.enable]
    return render(
        "project/tdrt_build.h.j2", board=board, placement=placement, enables=enables, digest=digest
    )


def _readme(title: str, board: Board, placement: Placement, digest: str) -> str:
    if board.framework:
        return framework_readme(board, title, digest)
    args = board.emulator.args if board.emulator else ()
    known = {"{elf}": "firmware.elf", "{chardev}": "stdio,id=serial0"}
    shown = [known.get(arg, arg) for arg in args]
    return render(
        "project/README.md.j2",
        name=title,
        board=board,
        placement=placement,
        toolchain=board.toolchain,
        digest=digest,
        version=__version__,
        emulator_args=shlex.join(shown),
    )


def _runtime_files() -> dict[str, str]:
    names = [path.name for path in sorted((templates_dir() / "runtime").glob("*.[ch]"))]
    return {
        "src/main.c": read_template("project/main.c"),
        **{f"src/runtime/{name}": read_template(f"runtime/{name}") for name in names},
        "src/runtime/tdrt_wire.h": wire_header(),
    }


def _families(board: Board) -> list[str]:
    return sorted({str(PurePosixPath(source).parent) for source in board.hal})


def _hal_files(board: Board) -> dict[str, str]:
    root = templates_dir() / "hal"
    headers = [*root.glob("*.h")]
    for family in _families(board):
        headers += (root / family).glob("*.h")
    names = {header.relative_to(root).as_posix() for header in headers} | set(board.hal)
    return {f"src/hal/{name}": read_template(f"hal/{name}") for name in sorted(names)}


def _platform_files(board: Board, goal: Optimize, placement: Placement) -> dict[str, str]:
    root = "platforms/tinydeploy"
    return {
        f"{root}/platform.json": _json(_platform_manifest(board)),
        f"{root}/platform.py": read_template("project/platform/platform.py"),
        **{f"{root}/builder/{n}": read_template(f"project/platform/builder/{n}") for n in _BUILDER},
        f"{root}/boards/{board.id}.json": _json(_board_manifest(board, goal, placement)),
    }


def _json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, indent=2) + "\n"


def _platform_manifest(board: Board) -> dict[str, Any]:
    toolchain = board.toolchain
    packages: dict[str, Any] = {}
    if toolchain.platformio_package:
        packages[toolchain.platformio_package] = {
            "type": "toolchain",
            "owner": "platformio",
            "version": toolchain.platformio_version,
        }
    uploader = board.upload.uploader if board.upload else None
    if uploader and uploader.platformio_package:
        packages[uploader.platformio_package] = {
            "type": "uploader",
            "owner": "platformio",
            "version": uploader.platformio_version,
            "optional": True,
        }
    return {
        "name": "tinydeploy",
        "title": "tinydeploy",
        "description": f"Builds this project for {board.name}",
        "version": "1.0.0",
        "license": "Apache-2.0",
        "engines": {"platformio": "^6"},
        "frameworks": {},
        "packages": packages,
    }


def _board_manifest(board: Board, goal: Optimize, placement: Placement) -> dict[str, Any]:
    toolchain = board.toolchain
    on_host = not toolchain.prefix
    build = {
        "mcu": board.id,
        "f_cpu": f"{board.counter.hz}L",
        "prefix": toolchain.prefix,
        "compilers": toolchain.compilers,
        "cpu_flags": board.build.cpu_flags,
        "libc_specs": toolchain.libc_specs,
        "compile_flags": compile_flags(board, goal),
        "sections_elsewhere": [".model_weights"] if placement.weights.name != "FLASH" else [],
        "link_flags": ["-no-pie"] if on_host else list(_BARE_METAL_LINK_FLAGS),
    }
    upload: dict[str, Any] = {
        # The linker knows of each memory by itself.
        "maximum_size": board.memory.flash_bytes,
        "maximum_ram_size": board.memory.ram_bytes,
    }
    if board.upload:
        upload |= {
            "protocol": board.upload.protocol,
            "programs": board.upload.uploader.programs,
            "address": board.memory.flash.origin,
            **board.upload.options(),
        }
    return {
        "name": board.name,
        "url": "",
        "vendor": "tinydeploy",
        "build": build,
        "upload": upload,
        "frameworks": [],
    }
