"""A CMake project: for add_subdirectory, or installed and found by find_package."""

from __future__ import annotations

from tinydeploy.codegen.integrations.package import (
    Integration,
    Package,
    rendered,
    split_files,
)
from tinydeploy.codegen.writer import Content

_NAMES = ("CMakeLists.txt", "README.md")


def _files(package: Package) -> Content:
    return {**split_files(package), **rendered(package, "cmake", _NAMES)}


CMAKE = Integration("cmake", "a CMake project with install and find_package", _files)
