"""The compilers that boards name: a short table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A compiler family: how its programs are called and where to get them."""

    id: str
    prefix: str
    compilers: tuple[str, ...]  # the first on PATH is taken
    apt_packages: str
    platformio_package: str  # in PlatformIO's registry; empty: there is none
    platformio_version: str
    libc_specs: tuple[str, ...]  # GCC spec files; the first that the compiler has is taken

    @property
    def install_hint(self) -> str:
        return f"Install it with: sudo apt-get install {self.apt_packages}"


VENDOR = Toolchain("vendor", "vendor-", (), "", "", "", ())
"""Stands for the compiler that a vendor's framework brings with it."""

TOOLCHAINS = (
    Toolchain("host", "", ("gcc", "cc"), "gcc libc6-dev", "", "", ()),
    Toolchain(
        "arm-none-eabi",
        "arm-none-eabi-",
        ("arm-none-eabi-gcc",),
        "gcc-arm-none-eabi libnewlib-arm-none-eabi",
        "toolchain-gccarmnoneeabi",
        "~1.120301.0",
        ("nano.specs",),
    ),
    Toolchain(
        "riscv64-unknown-elf",
        "riscv64-unknown-elf-",
        ("riscv64-unknown-elf-gcc",),
        "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
        "toolchain-riscv",
        "~1.80300.0",
        ("picolibc.specs", "nano.specs"),
    ),
)
