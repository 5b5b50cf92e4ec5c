"""The C and assembler files behind a kernel, and their names in the generated library."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tinydeploy.codegen.jinja import render
from tinydeploy.errors import InternalError
from tinydeploy.ir.op import Call, Routine
from tinydeploy.resources import templates_dir


def common_files() -> Iterator[tuple[str, str]]:
    """The headers, and macros of assembler sources, that any kernel may include."""
    folder = templates_dir() / "kernels" / "common"
    for header in sorted([*folder.glob("*.h"), *folder.glob("*.inc")]):
        yield header.name, header.read_text(encoding="utf-8")


def kernel_files(units: Iterable[Call | Routine]) -> Iterator[tuple[str, str]]:
    """Header and source of each function; a source that is only specialized is not compiled."""
    for unit in units:
        header, source = _find(unit.function, (".h",)), _find(unit.function, (".c", ".S"))
        yield header.name, header.read_text(encoding="utf-8")
        yield _included(source) if unit.defines else source.name, source.read_text(encoding="utf-8")


def specialized_file(function: str, symbol: str, defines: Mapping[str, int]) -> tuple[str, str]:
    """A translation unit that compiles `function` under another name with constants."""
    source = _find(function, (".c", ".S"))
    text = render(
        "library/specialized.j2", function=symbol, defines=defines, source=_included(source)
    )
    return f"{symbol}{source.suffix}", text


def routine_symbol(routine: Routine) -> str:
    """The routine's C name; the same for the same constants."""
    values = (str(value).replace("-", "m") for value in routine.defines.values())
    return "_".join((routine.function, *values))


def _included(source: Path) -> str:
    return f"{source.name}.inc"


def _find(function: str, suffixes: tuple[str, ...]) -> Path:
    root = templates_dir() / "kernels"
    found = [path for suffix in suffixes for path in root.glob(f"*/{function}{suffix}")]
    if len(found) != 1:
        raise InternalError(f"kernel {function} has {len(found)} files of type {suffixes}")
    return found[0]
