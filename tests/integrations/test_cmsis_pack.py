"""The rules of the Open-CMSIS-Pack specification's PACK.xsd that a pack of ours can break."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile

import pytest

from tests.integrations.exported import package
from tinydeploy.codegen.integrations.cmsis_pack import CMSIS_PACK

PDSC, PACK = "tinydeploy.kws.pdsc", "tinydeploy.kws.1.2.3.pack"
REQUIRED = {"vendor", "name", "description", "url", "releases"}
OPTIONAL = {"requirements", "conditions", "components"}
CATEGORIES = {"doc", "header", "include", "source"}
NAME_PATTERN = r"[A-Za-z0-9][A-Za-z0-9_+()'/\-\s.]{1,31}"


def unpacked(board_id: str = "host") -> tuple[ET.Element, zipfile.ZipFile]:
    content = CMSIS_PACK.files(package(board_id))[PACK]
    assert isinstance(content, bytes)
    archive = zipfile.ZipFile(io.BytesIO(content))
    assert archive.testzip() is None
    return ET.fromstring(archive.read(PDSC)), archive


def text_of(root: ET.Element, tag: str) -> str:
    return root.findtext(tag) or ""


def test_package_has_the_elements_that_the_schema_asks_for() -> None:
    root, _ = unpacked()
    assert root.tag == "package"
    assert re.fullmatch(r"1\.7\.\d+", root.get("schemaVersion", ""))
    tags = [child.tag for child in root]
    assert len(tags) == len(set(tags))
    assert REQUIRED <= set(tags) <= REQUIRED | OPTIONAL
    assert f"{text_of(root, 'vendor')}.{text_of(root, 'name')}.pdsc" == PDSC
    (release,) = root.findall("releases/release")
    assert release.get("version") == "1.2.3"
    assert len(text_of(root, "description")) <= 256


def test_component_is_named_within_the_limits() -> None:
    root, _ = unpacked()
    (component,) = root.findall("components/component")
    assert set(component.attrib) == {"Cclass", "Cgroup", "Csub", "Cversion"}
    assert component.get("Cclass") == "Machine Learning"
    assert all(re.fullmatch(NAME_PATTERN, component.get(key, "")) for key in ("Cgroup", "Csub"))
    assert [child.tag for child in component] == ["description", "files"]


@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4", "qemu_cortex_m55"])
def test_every_source_is_listed_once_and_is_in_the_pack(board_id: str) -> None:
    root, archive = unpacked(board_id)
    files = root.findall("components/component/files/file")
    assert {file.get("category") for file in files} == CATEGORIES
    names = [file.get("name", "") for file in files]
    packed = archive.namelist()
    assert all(any(path.startswith(name) for path in packed) for name in names)
    sources = [name for name in names if name.endswith((".c", ".S"))]
    assert sorted(sources) == sorted(path for path in packed if path.endswith((".c", ".S")))


@pytest.mark.parametrize(
    ("board_id", "accepted"),
    [
        ("qemu_cortex_m4", [{"Dcore": "Cortex-M4"}, {"Dcore": "Cortex-M7"}, {"Ddsp": "DSP"}]),
        ("qemu_cortex_m55", [{"Dmve": "MVE"}, {"Dmve": "FP_MVE"}]),
    ],
)
def test_component_is_offered_to_cores_that_can_run_it(
    board_id: str, accepted: list[dict[str, str]]
) -> None:
    root, _ = unpacked(board_id)
    (component,) = root.findall("components/component")
    (condition,) = root.findall("conditions/condition")
    assert component.get("condition") == condition.get("id")
    assert [accept.attrib for accept in condition.findall("accept")] == accepted


def test_same_package_is_the_same_bytes() -> None:
    assert CMSIS_PACK.files(package())[PACK] == CMSIS_PACK.files(package())[PACK]
