"""A vendor's platform that is installed builds the project: here one that stands in for it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.dummy import WEIGHTS_BYTES, build_dummy
from tinydeploy.boards import load_board
from tinydeploy.device.elf import read_sizes
from tinydeploy.device.platformio_core import platformio_environment

pytestmark = pytest.mark.emulated
SUPPORT = Path(__file__).parents[1] / "support"
HEADERS = Path(__file__).parents[1] / "unit" / "codegen" / "framework_headers" / "arduino"


def test_project_is_built_with_the_users_own_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Path(platformio_environment()["PLATFORMIO_CORE_DIR"])
    core = tmp_path / "core"
    shutil.copytree(own / "packages" / "tool-scons", core / "packages" / "tool-scons")
    shutil.copytree(SUPPORT / "stand_in_platform", core / "platforms" / "teensy")
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(core))
    monkeypatch.setenv("STAND_IN_HEADERS", str(HEADERS))
    board = load_board("teensy41")
    result = build_dummy(board, tmp_path / "p")
    assert result.fresh
    assert not result.bin.exists()
    sizes = read_sizes(result.elf)
    assert 0 < sizes.weights_bytes <= WEIGHTS_BYTES  # the compiler folds the smaller table
    assert 0 < sizes.code_bytes < sizes.flash_bytes
    assert not build_dummy(board, tmp_path / "p").fresh
