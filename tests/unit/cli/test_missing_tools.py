"""Machines that lack a compiler, an emulator, PlatformIO or the reference interpreter."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import ROOT, assert_refused, files_below, tinydeploy

# Stands in for an environment in which these packages were never installed.
HIDE = """
import sys
HIDDEN = {hidden!r}

class Finder:
    def __init__(self, finder):
        self.finder = finder
    def find_spec(self, name, *rest):
        return None if name.split(".")[0] in HIDDEN else self.finder.find_spec(name, *rest)
    def __getattr__(self, name):
        return getattr(self.finder, name)

sys.meta_path = [Finder(finder) for finder in sys.meta_path]
"""


def without_packages(folder: Path, *names: str) -> dict[str, str]:
    """The environment of processes that can't import `names`."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(HIDE.format(hidden=set(names)))
    return {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


def path_with(folder: Path, *programs: str) -> dict[str, str]:
    """The environment of a machine whose only programs are these."""
    folder.mkdir()
    for program in programs:
        found = shutil.which(program)
        assert found is not None
        (folder / program).symlink_to(found)
    return {"PATH": str(folder)}


@pytest.mark.parametrize(
    ("board", "compiler", "package"),
    [
        ("host", "gcc", "gcc"),
        ("qemu_cortex_m4", "arm-none-eabi-gcc", "gcc-arm-none-eabi"),
        ("qemu_riscv32", "riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf"),
    ],
)
def test_no_compiler(models: Path, tmp_path: Path, board: str, compiler: str, package: str) -> None:
    work = tmp_path / "work"
    work.mkdir()
    env = path_with(tmp_path / "bin")
    result = tinydeploy("build", models / "int8.tflite", "-b", board, cwd=work, env=env)
    assert_refused(result, 8, f"{compiler} is not on PATH", f"apt-get install {package}")
    assert files_below(work) == []


def test_no_emulator(models: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    env = path_with(tmp_path / "bin", "arm-none-eabi-gcc")
    result = tinydeploy("run", models / "int8.tflite", "-b", "qemu_cortex_m4", cwd=work, env=env)
    assert_refused(result, 8, "qemu-system-arm is not on PATH", "apt-get install qemu-system-arm")
    assert files_below(work) == []


@pytest.mark.parametrize(("package", "program"), [("platformio", "PlatformIO"), ("SCons", "SCons")])
def test_no_platformio(models: Path, tmp_path: Path, package: str, program: str) -> None:
    work = tmp_path / "work"
    work.mkdir()
    env = without_packages(tmp_path / "site", package)
    result = tinydeploy("build", models / "int8.tflite", "-b", "host", cwd=work, env=env)
    assert_refused(result, 8, f"{program} isn't installed", f"pip install {package.lower()}")
    assert files_below(work) == []


def test_no_reference_interpreter(models: Path, tmp_path: Path) -> None:
    env = without_packages(tmp_path / "site", "ai_edge_litert", "tflite_runtime", "tensorflow")
    result = tinydeploy("run", models / "int8.tflite", "-b", "host", cwd=tmp_path, env=env)
    assert_refused(result, 8, "interpreter", "pip install ai-edge-litert")


def test_no_tensorflow(models: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    env = {
        **without_packages(tmp_path / "site", "tensorflow", "keras"),
        "TINYDEPLOY_CACHE_DIR": str(tmp_path / "cache"),
    }
    data = models / "calibration.npz"
    result = tinydeploy(
        "build", models / "model.keras", "-b", "host", "-c", data, cwd=work, env=env
    )
    assert_refused(result, 8, "TensorFlow", "pip install")
    assert files_below(work) == []


def test_int8_model_is_built_without_tensorflow(models: Path, tmp_path: Path) -> None:
    env = without_packages(tmp_path / "site", "tensorflow", "keras", "ai_edge_litert")
    result = tinydeploy("build", models / "int8.tflite", "-b", "host", cwd=tmp_path, env=env)
    assert result.exit_code == 0, result.err


def test_doctor_tells_what_is_missing(tmp_path: Path) -> None:
    env = path_with(tmp_path / "bin")
    result = tinydeploy("doctor", cwd=tmp_path, env=env)
    assert result.exit_code == 0, result.err
    assert "To get qemu-system-arm: sudo apt-get install qemu-system-arm" in result.out
