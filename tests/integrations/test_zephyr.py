"""Zephyr itself is no package that could be installed: its functions are played by stand-ins."""

from __future__ import annotations

from pathlib import Path

import kconfiglib
import pytest
import yaml

from tests.integrations.cmake_tool import configure_and_build
from tests.integrations.exported import (
    BUILD_SYSTEMS,
    MAIN,
    assert_computes_as_the_reference,
    write_export,
)

OPTION = "TINYDEPLOY_KWS"


def test_module_file_names_what_is_there(tmp_path: Path) -> None:
    module = write_export("zephyr", tmp_path)
    content = yaml.safe_load((module / "zephyr/module.yml").read_text())
    assert content["name"] == "tinydeploy_kws"
    assert set(content["build"]) == {"cmake", "kconfig"}
    assert (module / content["build"]["cmake"] / "CMakeLists.txt").is_file()
    assert (module / content["build"]["kconfig"]).is_file()


@pytest.mark.parametrize(
    ("board_id", "core", "offered"),
    [
        ("host", "CPU_CORTEX_M3", True),
        ("qemu_cortex_m4", "CPU_CORTEX_M3", False),
        ("qemu_cortex_m4", "CPU_CORTEX_M4", True),
        ("qemu_cortex_m4", "CPU_CORTEX_M7", True),
        ("qemu_cortex_m4", "ARMV8_M_DSP", True),
        ("qemu_cortex_m55", "ARMV8_M_DSP", False),
        ("qemu_cortex_m55", "ARMV8_1_M_MVEI", True),
    ],
)
def test_offered_to_cores_that_can_run_it(
    tmp_path: Path, board_id: str, core: str, offered: bool
) -> None:
    module = write_export("zephyr", tmp_path, board_id)
    cores = ("CPU_CORTEX_M3", "CPU_CORTEX_M4", "CPU_CORTEX_M7", "ARMV8_M_DSP", "ARMV8_1_M_MVEI")
    lines = [f"config {name}\n\tbool\n" + "\tdefault y\n" * (name == core) for name in cores]
    top = tmp_path / "Kconfig"
    top.write_text("\n".join([*lines, f'source "{module}/Kconfig"\n']))
    config = kconfiglib.Kconfig(str(top), warn_to_stderr=False)
    option = config.syms[OPTION]
    option.set_value("y")
    assert (option.str_value == "y") is offered
    assert config.warnings == []


def test_builds_and_computes(tmp_path: Path) -> None:
    module, build = write_export("zephyr", tmp_path), tmp_path / "build"
    options = (f"-DMODULE_DIR={module}", f"-DMAIN={MAIN}", f"-DCONFIG_{OPTION}=y")
    configure_and_build(BUILD_SYSTEMS / "zephyr", build, *options)
    assert_computes_as_the_reference(build / "app")
