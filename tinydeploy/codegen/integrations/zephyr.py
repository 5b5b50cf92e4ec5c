"""A Zephyr module: west or ZEPHYR_EXTRA_MODULES finds it, a Kconfig option switches it on."""

from __future__ import annotations

from tinydeploy.codegen.integrations.package import (
    Integration,
    Package,
    rendered,
    split_files,
)
from tinydeploy.codegen.writer import Content
from tinydeploy.ir.op import Isa

_NAMES = ("zephyr/module.yml", "CMakeLists.txt", "Kconfig", "README.md")
# Cortex-M4 and M7 always have the DSP extension, and no option that says so.
_DEPENDENCIES = {
    Isa.GENERIC: "",
    Isa.DSP: "CPU_CORTEX_M4 || CPU_CORTEX_M7 || ARMV8_M_DSP",
    Isa.MVE: "ARMV8_1_M_MVEI",
}


def _files(package: Package) -> Content:
    dependency = _DEPENDENCIES[package.isa]
    option = package.name.upper()
    values = {"option": option, "dependency": dependency}
    return {**split_files(package), **rendered(package, "zephyr", _NAMES, **values)}


ZEPHYR = Integration("zephyr", "a Zephyr module", _files)
