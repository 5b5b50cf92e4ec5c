"""PlatformIO builds: reproducible, quick when nothing changed, clear when they fail."""

from __future__ import annotations

import importlib.util
import json
import os
import stat
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.dummy import DummyLibrary, build_dummy, dummy_library, shared_dummy
from tinydeploy.boards import all_boards, load_board
from tinydeploy.codegen.project import generate_project
from tinydeploy.device.elf import read_segments
from tinydeploy.device.platformio import build
from tinydeploy.errors import BuildError, DoesNotFitError, OutputError, ToolMissingError
from tinydeploy.resources import boards_dir

pytestmark = pytest.mark.emulated


@pytest.mark.parametrize("board_id", ["host", "qemu_cortex_m4", "qemu_riscv32"])
def test_builds_on_two_paths_are_byte_identical(tmp_path: Path, board_id: str) -> None:
    board = load_board(board_id)
    first = build_dummy(board, tmp_path / "a")
    second = build_dummy(board, tmp_path / "elsewhere" / "with a space" / "b")
    assert first.elf.read_bytes() == second.elf.read_bytes()
    assert first.bin.read_bytes() == second.bin.read_bytes()
    assert str(tmp_path).encode() not in first.elf.read_bytes()


def test_second_build_does_nothing_and_a_changed_file_builds_again(tmp_path: Path) -> None:
    board = load_board("host")
    first = build_dummy(board, tmp_path / "p")
    assert first.fresh
    assert not build_dummy(board, tmp_path / "p").fresh
    first.elf.write_bytes(b"damaged")
    assert build_dummy(board, tmp_path / "p").fresh
    library = dummy_library()
    changed = {**library.files, "model.c": library.files["model.c"] + "\n"}
    generate_project(DummyLibrary(changed), board).write(tmp_path / "p")
    assert build(tmp_path / "p", board).fresh


def test_two_builds_at_once_do_not_disturb_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYDEPLOY_CACHE_DIR", str(tmp_path / "new-cache"))
    boards = [load_board("host"), load_board("qemu_cortex_m4"), load_board("host")]
    folders = [tmp_path / "same", tmp_path / "other", tmp_path / "same"]
    generate_project(dummy_library(), boards[0]).write(folders[0])
    generate_project(dummy_library(), boards[1]).write(folders[1])
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(build, folders, boards))
    assert all(result.elf.is_file() for result in results)
    assert [result.fresh for result in results].count(True) == 2


def test_compiler_error_is_shown_and_leaves_no_firmware(tmp_path: Path) -> None:
    board = load_board("host")
    result = build_dummy(board, tmp_path / "p")
    broken = {**dummy_library().files, "model.c": "int broken(void) { return undeclared; }\n"}
    generate_project(DummyLibrary(broken), board).write(tmp_path / "p")
    with pytest.raises(BuildError, match=r"model\.c:1:\d+: error: .*undeclared"):
        build(tmp_path / "p", board)
    assert not result.elf.exists()
    assert not result.bin.exists()


def test_overflowing_memory_is_said_to_be_that(tmp_path: Path) -> None:
    board = load_board("stm32vldiscovery")
    library = dummy_library()
    header = library.files["model.h"].replace("ARENA_BYTES 1536u", "ARENA_BYTES 9000u")
    files = {**library.files, "model.h": header}
    generate_project(DummyLibrary(files), board).write(tmp_path / "p")
    with pytest.raises(DoesNotFitError, match=r"exceeds the memory .*: RAM by \d+ bytes"):
        build(tmp_path / "p", board)


def test_missing_compiler_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = load_board("qemu_cortex_m4")
    generate_project(dummy_library(), board).write(tmp_path / "p")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolMissingError, match="arm-none-eabi-gcc") as caught:
        build(tmp_path / "p", board)
    assert "apt-get install gcc-arm-none-eabi" in caught.value.hint


def test_missing_platformio_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = load_board("host")
    generate_project(dummy_library(), board).write(tmp_path / "p")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolMissingError, match="PlatformIO isn't installed"):
        build(tmp_path / "p", board)


def test_environment_of_the_user_does_not_change_the_firmware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = load_board("host")
    plain = build_dummy(board, tmp_path / "a")
    monkeypatch.setenv("PLATFORMIO_BUILD_FLAGS", "-DSURPRISE -O0")
    monkeypatch.setenv("CPATH", str(tmp_path))
    monkeypatch.setenv("PLATFORMIO_CORE_DIR", str(tmp_path / "core"))
    assert build_dummy(board, tmp_path / "b").elf.read_bytes() == plain.elf.read_bytes()
    assert not (tmp_path / "core").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_project_folder(tmp_path: Path) -> None:
    board = load_board("host")
    generate_project(dummy_library(), board).write(tmp_path / "p")
    (tmp_path / "p").chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        with pytest.raises(OutputError):
            build(tmp_path / "p", board)
    finally:
        (tmp_path / "p").chmod(stat.S_IRWXU)


BUILT = [board.id for board in all_boards() if board.tier == "built"]


@pytest.mark.parametrize("board_id", BUILT)
def test_board_without_an_emulator_is_built(
    tmp_path_factory: pytest.TempPathFactory, board_id: str
) -> None:
    """Its vectors are where the core or its boot code looks: stack and start-up code as Thumb."""
    board = load_board(board_id)
    image = shared_dummy(tmp_path_factory, board).bin.read_bytes()
    behind_boot_code = 256 if "rp/boot2.S" in board.build.hal else 0
    stack_top, start = struct.unpack_from("<II", image, behind_boot_code)
    assert stack_top == board.memory.ram.origin + board.memory.stack_bytes
    assert start % 2 == 1
    assert board.memory.flash.origin < start < board.memory.flash.origin + len(image)


def test_nothing_is_loaded_before_a_flash_that_begins_behind_a_boot_loader(tmp_path: Path) -> None:
    """Not on a page, so that the linker has room for its headers there, which would be loaded."""
    text = (boards_dir() / "nucleo_f411re.toml").read_text(encoding="utf-8")
    (tmp_path / "mine.toml").write_text(text.replace("origin = 0x8000000", "origin = 0x8000800"))
    board = load_board(str(tmp_path / "mine.toml"))
    result = build_dummy(board, tmp_path / "p")
    segments = read_segments(result.elf)
    assert segments[0].address == board.memory.flash.origin == 0x08000800
    assert sum(len(segment.data) for segment in segments) == result.bin.stat().st_size


def crc_32_mpeg_2(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for bit in (byte >> shift & 1 for byte in data for shift in range(7, -1, -1)):
        crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 ^ bit else 0)) & 0xFFFFFFFF
    return crc


def test_the_rom_of_an_rp2040_accepts_the_boot_code(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """It runs the first 252 bytes only when their CRC follows: RP2040 datasheet, 2.8.1.3.1."""
    image = shared_dummy(tmp_path_factory, load_board("pico")).bin.read_bytes()
    assert crc_32_mpeg_2(image[:252]) == int.from_bytes(image[252:256], "little")


def test_the_rom_of_an_rp2350_finds_its_image_block(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """From its first to its last word, in the first 4 KiB: RP2350 datasheet, 5.9.5."""
    image = shared_dummy(tmp_path_factory, load_board("pico2")).bin.read_bytes()
    start = image.index(0xFFFFDED3.to_bytes(4, "little"), 0, 4096)
    assert start % 4 == 0
    words = struct.unpack_from("<5I", image, start)
    assert words == (0xFFFFDED3, 0x10210142, 0x000001FF, 0, 0xAB123579)


def test_project_of_a_board_with_real_hardware_names_its_uploader() -> None:
    files = generate_project(dummy_library(), load_board("nucleo_f446re")).files
    manifest = json.loads(files["platforms/tinydeploy/boards/nucleo_f446re.json"])
    assert manifest["upload"]["protocol"] == "openocd"
    assert manifest["upload"]["openocd_target"] == "stm32f4x"
