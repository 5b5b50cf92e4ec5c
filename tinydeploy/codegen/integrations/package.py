"""What every integration is made from: the library, and what a build system must know of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from tinydeploy import __version__
from tinydeploy.codegen.jinja import render
from tinydeploy.codegen.model import Library
from tinydeploy.codegen.writer import Content
from tinydeploy.config import Optimize
from tinydeploy.errors import UsageError
from tinydeploy.ir.op import EXECUTES, Isa
from tinydeploy.plan.plan import Plan

DEFAULT_VERSION = "1.0.0"
PUBLIC_HEADER = "model.h"

_SHORT_NAME_CHARACTERS = 32
"""A component of a CMSIS-Pack has no longer name; the other formats allow more."""
_VERSION = re.compile(r"(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})")
_REQUIREMENTS = {
    Isa.GENERIC: "any 32-bit core",
    Isa.DSP: "an Arm core with the DSP extension, such as Cortex-M4, M7 or M33",
    Isa.MVE: "an Arm core with Helium, such as Cortex-M55 or M85",
}


@dataclass(frozen=True, slots=True)
class Package:
    """A C library on its way into somebody's build system."""

    library: Library
    isa: Isa
    """The least that the core must execute."""
    goal: Optimize
    version: str = DEFAULT_VERSION

    def __post_init__(self) -> None:
        if not _VERSION.fullmatch(self.version):
            raise UsageError(
                f"{self.version!r} is no version of a package",
                "Give three numbers, as in 1.4.0: every build system understands them.",
            )

    @property
    def model_name(self) -> str:
        """A C identifier, short enough for every format."""
        return self.library.name[:_SHORT_NAME_CHARACTERS].rstrip("_")

    @property
    def name(self) -> str:
        """The package's name: that of nobody else's package."""
        return f"tinydeploy_{self.model_name}"

    @property
    def sources(self) -> tuple[str, ...]:
        """File names of the translation units, C and assembler."""
        return tuple(name for name in self.library.files if name.endswith((".c", ".S")))

    @property
    def has_assembler(self) -> bool:
        return any(name.endswith(".S") for name in self.sources)

    @property
    def optimization(self) -> str:
        """The compiler option with which the kernels were chosen and measured."""
        return "-Os" if self.goal is Optimize.SIZE else "-O2"

    @property
    def requirement(self) -> str:
        """Which cores the kernels run on, for people."""
        return _REQUIREMENTS[self.isa]

    @property
    def description(self) -> str:
        """One line for a package manager."""
        return f"The neural network {self.model_name} as C code, made by tinydeploy"


@dataclass(frozen=True, slots=True)
class Integration:
    """One build system: its name on the command line, and how a package looks there."""

    name: str
    description: str
    files: Callable[[Package], Content]


def least_isa(plan: Plan) -> Isa:
    """The least instruction set that executes every kernel of `plan`."""
    used = {Isa.GENERIC, *(layer.kernel.isa for layer in plan.layers)}
    return max(used, key=lambda isa: len(EXECUTES[isa]))


def split_files(package: Package) -> dict[str, str]:
    """The library with its public header in include/, where applications see it alone."""
    return {
        f"{'include' if name == PUBLIC_HEADER else 'src'}/{name}": text
        for name, text in package.library.files.items()
    }


def rendered(
    package: Package, folder: str, names: tuple[str, ...], **values: str
) -> dict[str, str]:
    """Render firmware_templates/integrations/`folder`/`names`, each with .j2 after it."""
    return {
        name: render(
            f"integrations/{folder}/{name}.j2", package=package, generator=__version__, **values
        )
        for name in names
    }
