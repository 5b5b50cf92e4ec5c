"""PlatformIO itself builds the library into the firmware, which then runs on the board."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from platformio.package.manifest.parser import ManifestParserFactory
from platformio.package.manifest.schema import ManifestSchema

from tests.integrations.exported import NAME, package, reference, write_export
from tinydeploy.boards import load_board
from tinydeploy.codegen.integrations.platformio_lib import PLATFORMIO_LIB
from tinydeploy.codegen.project import generate_project
from tinydeploy.codegen.writer import write_tree
from tinydeploy.device.platformio import build
from tinydeploy.device.session import open_device


def test_manifest_is_accepted_by_platformio(tmp_path: Path) -> None:
    path = write_export("platformio-lib", tmp_path) / "library.json"
    manifest = ManifestParserFactory.new_from_file(str(path)).as_dict()
    loaded = ManifestSchema().load_manifest(manifest)
    assert (loaded["name"], loaded["version"]) == ("tinydeploy_kws", "1.2.3")
    assert json.loads(path.read_text())["build"]["flags"] == ["-O2"]


@pytest.mark.emulated
@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4", "qemu_cortex_m55"])
def test_builds_and_computes(tmp_path: Path, board_id: str) -> None:
    board, library = load_board(board_id), package(board_id)
    project = generate_project(library.library, board, NAME).files
    kept = {path: text for path, text in project.items() if not path.startswith("lib/")}
    added = {f"lib/{library.name}/{p}": t for p, t in PLATFORMIO_LIB.files(library).items()}
    write_tree(tmp_path / "project", {**kept, **added})
    inputs, outputs = reference()
    with open_device(board, build(tmp_path / "project", board)) as device:
        found = device.invoke([array.tobytes() for array in inputs]).outputs
    assert found == tuple(array.tobytes() for array in outputs)
