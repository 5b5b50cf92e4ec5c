"""A component of ESP-IDF: a folder in `components/`."""

from __future__ import annotations

from tinydeploy.codegen.integrations.package import (
    Integration,
    Package,
    rendered,
    split_files,
)
from tinydeploy.codegen.writer import Content
from tinydeploy.errors import UsageError
from tinydeploy.ir.op import Isa

_NAMES = ("CMakeLists.txt", "idf_component.yml", "README.md")


def _files(package: Package) -> Content:
    """Raises UsageError for Arm kernels: ESP-IDF builds for Xtensa and RISC-V."""
    if package.isa is not Isa.GENERIC:
        raise UsageError(
            f"the library needs {package.requirement}, which no chip of ESP-IDF has",
            "Leave --board away: then portable kernels are exported.",
        )
    return {**split_files(package), **rendered(package, "esp_idf", _NAMES)}


ESP_IDF = Integration("esp-idf", "a component of ESP-IDF", _files)
