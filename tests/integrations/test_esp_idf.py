"""ESP-IDF itself is no package that could be installed: its function is played by a stand-in."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.integrations.cmake_tool import configure_and_build
from tests.integrations.exported import (
    BUILD_SYSTEMS,
    MAIN,
    assert_computes_as_the_reference,
    package,
    write_export,
)
from tinydeploy.codegen.integrations.esp_idf import ESP_IDF
from tinydeploy.errors import UsageError


def test_manifest(tmp_path: Path) -> None:
    component = write_export("esp-idf", tmp_path)
    content = yaml.safe_load((component / "idf_component.yml").read_text())
    assert set(content) == {"version", "description"}
    assert content["version"] == "1.2.3"
    assert "kws" in content["description"]


def test_builds_and_computes(tmp_path: Path) -> None:
    component, build = write_export("esp-idf", tmp_path), tmp_path / "build"
    options = (f"-DMODULE_DIR={component}", f"-DMAIN={MAIN}")
    configure_and_build(BUILD_SYSTEMS / "esp_idf", build, *options)
    assert_computes_as_the_reference(build / "app")


def test_arm_kernels_are_refused() -> None:
    with pytest.raises(UsageError, match=r"DSP extension.* no chip of ESP-IDF has"):
        ESP_IDF.files(package("qemu_cortex_m4"))
