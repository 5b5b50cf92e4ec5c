"""The vendor frameworks that a board file may name instead of a bare-metal build."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VendorFramework:
    """A framework of PlatformIO: our one source for it, and the files that its build wants."""

    name: str
    hal: str  # in firmware_templates/hal/
    files: tuple[tuple[str, str], ...] = ()  # (path in the project, its template)


FRAMEWORKS = (
    VendorFramework("arduino", "arduino/arduino.cpp"),
    VendorFramework(
        "espidf",
        "espidf/espidf.c",
        (
            ("CMakeLists.txt", "espidf_project.cmake.j2"),
            ("src/CMakeLists.txt", "espidf_sources.cmake.j2"),
            ("sdkconfig.defaults", "sdkconfig.defaults.j2"),
        ),
    ),
    VendorFramework(
        "zephyr",
        "zephyr/zephyr.c",
        (("zephyr/CMakeLists.txt", "zephyr.cmake.j2"), ("zephyr/prj.conf", "zephyr.conf.j2")),
    ),
)
