"""A CMSIS-Pack: a .pdsc that describes one component, and the .pack (a zip) that carries it.

The rules are those of PACK.xsd of the Open-CMSIS-Pack specification, schema 1.7.
"""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Mapping

from tinydeploy.codegen.integrations.package import (
    PUBLIC_HEADER,
    Integration,
    Package,
    rendered,
    split_files,
)
from tinydeploy.codegen.writer import Content
from tinydeploy.ir.op import Isa

_SCHEMA_VERSION = "1.7.0"
_VENDOR = "tinydeploy"
_CLASS, _GROUP = "Machine Learning", "Model"
_CONDITION = "core"
# Descriptions of Cortex-M4 and M7 devices don't mention the DSP extension that all of them have.
_ACCEPTED: Mapping[Isa, tuple[dict[str, str], ...]] = {
    Isa.GENERIC: (),
    Isa.DSP: ({"Dcore": "Cortex-M4"}, {"Dcore": "Cortex-M7"}, {"Ddsp": "DSP"}),
    Isa.MVE: ({"Dmve": "MVE"}, {"Dmve": "FP_MVE"}),
}
_OLDEST_ZIP_DATE = (1980, 1, 1, 0, 0, 0)  # the same package is the same bytes


def _files(package: Package) -> Content:
    content = {
        **split_files(package),
        **rendered(package, "cmsis_pack", ("README.md",)),
        f"{_VENDOR}.{package.model_name}.pdsc": _description(package),
    }
    pack = f"{_VENDOR}.{package.model_name}.{package.version}.pack"
    return {**content, pack: _zip(content)}


def _description(package: Package) -> str:
    root = ET.Element("package", schemaVersion=_SCHEMA_VERSION)
    for tag, text in (
        ("vendor", _VENDOR),
        ("name", package.model_name),
        ("description", package.description),
        ("url", ""),  # where a new version would be found: the publisher's business
    ):
        ET.SubElement(root, tag).text = text
    releases = ET.SubElement(root, "releases")
    release = ET.SubElement(releases, "release", version=package.version)
    release.text = f"Model digest {package.library.digest}"
    languages = ET.SubElement(ET.SubElement(root, "requirements"), "languages")
    ET.SubElement(languages, "language", name="C", version="C99")
    _add_condition(root, package)
    _add_component(root, package)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, "unicode") + "\n"


def _add_condition(root: ET.Element, package: Package) -> None:
    accepted = _ACCEPTED[package.isa]
    if not accepted:
        return
    conditions = ET.SubElement(root, "conditions")
    condition = ET.SubElement(conditions, "condition", id=_CONDITION)
    ET.SubElement(condition, "description").text = package.requirement
    for attributes in accepted:
        ET.SubElement(condition, "accept", attributes)


def _add_component(root: ET.Element, package: Package) -> None:
    identity = {
        "Cclass": _CLASS,
        "Cgroup": _GROUP,
        "Csub": package.model_name,
        "Cversion": package.version,
    }
    if _ACCEPTED[package.isa]:
        identity["condition"] = _CONDITION
    component = ET.SubElement(ET.SubElement(root, "components"), "component", identity)
    ET.SubElement(component, "description").text = package.description
    files = ET.SubElement(component, "files")
    listed = [("doc", "README.md"), ("header", f"include/{PUBLIC_HEADER}"), ("include", "src/")]
    listed += [("source", f"src/{name}") for name in package.sources]
    for category, name in listed:
        ET.SubElement(files, "file", category=category, name=name)


def _zip(content: Mapping[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in sorted(content.items()):
            entry = zipfile.ZipInfo(path, _OLDEST_ZIP_DATE)
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)
    return data.getvalue()


CMSIS_PACK = Integration("cmsis-pack", "a CMSIS-Pack (.pdsc and .pack)", _files)
