from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.integrations.cmake_tool import cmake, configure_and_build
from tests.integrations.exported import (
    BUILD_SYSTEMS,
    MAIN,
    assert_computes_as_the_reference,
    package,
    write_export,
)
from tinydeploy.boards import load_board
from tinydeploy.codegen.integrations.cmake import CMAKE
from tinydeploy.config import Optimize

CONSUMER = BUILD_SYSTEMS / "cmake_consumer"


def test_found_by_find_package_where_it_is_installed(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    configure_and_build(write_export("cmake", tmp_path), tmp_path / "library")
    cmake("--install", tmp_path / "library", "--prefix", prefix)
    installed = [path.name for path in (prefix / "include").rglob("*.h")]
    assert installed == ["model.h"]
    build = tmp_path / "app"
    configure_and_build(CONSUMER, build, f"-DCMAKE_PREFIX_PATH={prefix}", f"-DMAIN={MAIN}")
    assert_computes_as_the_reference(build / "app")


def test_another_major_version_is_not_found(tmp_path: Path) -> None:
    prefix = tmp_path / "prefix"
    configure_and_build(write_export("cmake", tmp_path), tmp_path / "library")
    cmake("--install", tmp_path / "library", "--prefix", prefix)
    (tmp_path / "app").mkdir()
    (tmp_path / "app/CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(app C)\n"
        "find_package(tinydeploy_kws 2.0 REQUIRED)\n"
    )
    with pytest.raises(subprocess.CalledProcessError) as caught:
        cmake("-S", tmp_path / "app", "-B", tmp_path / "b", f"-DCMAKE_PREFIX_PATH={prefix}")
    assert "version: 1.2.3" in caught.value.stderr


def test_added_as_a_folder(tmp_path: Path) -> None:
    module, build = write_export("cmake", tmp_path), tmp_path / "app"
    configure_and_build(CONSUMER, build, f"-DMODULE_DIR={module}", f"-DMAIN={MAIN}")
    assert_computes_as_the_reference(build / "app")


@pytest.mark.emulated
@pytest.mark.parametrize("board_id", ["qemu_cortex_m4", "qemu_cortex_m55", "qemu_riscv32"])
def test_builds_with_a_cross_compiler(tmp_path: Path, board_id: str) -> None:
    board = load_board(board_id)
    compiler = board.toolchain.compilers[0]
    flags = " ".join([*board.build.cpu_flags, *_libc(board_id)])
    configure_and_build(
        write_export("cmake", tmp_path, board_id),
        tmp_path / "build",
        "-DCMAKE_SYSTEM_NAME=Generic",
        "-DCMAKE_TRY_COMPILE_TARGET_TYPE=STATIC_LIBRARY",
        *(f"-DCMAKE_{language}_COMPILER={compiler}" for language in _languages(board_id)),
        *(f"-DCMAKE_{language}_FLAGS={flags}" for language in _languages(board_id)),
    )
    assert (tmp_path / "build/libtinydeploy_kws.a").is_file()


def _languages(board_id: str) -> tuple[str, ...]:
    return ("C", "ASM") if package(board_id).has_assembler else ("C",)


def _libc(board_id: str) -> list[str]:
    return ["--specs=picolibc.specs"] if "riscv" in board_id else []


@pytest.mark.parametrize(("optimize", "option"), [(Optimize.SPEED, "-O2"), (Optimize.SIZE, "-Os")])
def test_compiled_for_what_was_asked(optimize: Optimize, option: str) -> None:
    text = str(CMAKE.files(package("host", optimize))["CMakeLists.txt"])
    assert f"ARMClang>:{option}>" in text
