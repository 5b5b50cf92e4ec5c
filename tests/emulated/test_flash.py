"""`tinydeploy flash`: real uploads through PlatformIO and GDB, and the proof of what runs."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.bare_emulator import bare_emulator
from tests.support.boards import board_file
from tests.support.command_line import assert_refused, files_below, tinydeploy
from tests.support.dummy import build_dummy
from tests.support.small_models import small_int8
from tinydeploy.boards import load_board
from tinydeploy.device.gdb_load import load_firmware
from tinydeploy.device.session import open_device
from tinydeploy.device.upload import upload
from tinydeploy.errors import DeviceError

pytestmark = pytest.mark.emulated
OPENOCD = '[upload]\nprotocol = "openocd"\nopenocd_target = "stm32f4x"'
DRIVE = '[upload]\nprotocol = "mass-storage"\ndrive_label = "BOARD"'


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / "m.tflite").write_bytes(small_int8())
    return tmp_path / "m.tflite"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on PATH, for programs that stand for uploaders."""
    folder = tmp_path / "programs"
    folder.mkdir()
    with monkeypatch.context() as context:
        context.setenv("PATH", str(folder), prepend=":")
        yield folder


def write_program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def test_flash_through_gdb_then_verify_on_the_same_port(model: Path, tmp_path: Path) -> None:
    with bare_emulator(load_board("qemu_cortex_m4")) as machine:
        arguments = ("m.tflite", "-b", "qemu_cortex_m4", "--port", machine.port)
        done = tinydeploy("flash", *arguments, "--gdb", machine.gdb, cwd=tmp_path)
        assert done.exit_code == 0, done.err
        assert "qemu_cortex_m4 runs firmware " in done.out
        done = tinydeploy("verify", *arguments, "-n", "2", cwd=tmp_path)
        assert done.exit_code == 0, done.err


def test_an_old_image_is_an_error(model: Path, tmp_path: Path, programs: Path) -> None:
    """The uploader says that all is well, but the device goes on with what it had."""
    write_program(programs / "openocd", "echo Verified OK")
    board = board_file(tmp_path, "qemu_cortex_m4", OPENOCD)
    old = build_dummy(load_board(str(board)), tmp_path / "old")
    with bare_emulator(load_board("qemu_cortex_m4")) as machine:
        load_firmware(machine.gdb, old.elf, ["system_reset"])
        done = tinydeploy("flash", "m.tflite", "-b", board, "--port", machine.port, cwd=tmp_path)
    assert_refused(done, 10, "runs another image", f"its firmware is {old.digest}")


def test_platformio_calls_the_uploader_with_firmware_and_probe(
    tmp_path: Path, programs: Path
) -> None:
    board = load_board(str(board_file(tmp_path, "qemu_cortex_m4", OPENOCD)))
    seen = tmp_path / "seen"
    write_program(programs / "openocd", f'cp firmware.elf "{seen}.elf"; echo "$@" > "{seen}"')
    build = build_dummy(board, tmp_path / "with a space" / "p")
    upload(build, board, probe="066DFF")
    assert seen.read_text() == (
        "-f interface/stlink.cfg -c adapter serial 066DFF -f target/stm32f4x.cfg "
        "-c program firmware.elf verify reset exit\n"
    )
    assert seen.with_suffix(".elf").read_bytes() == build.elf.read_bytes()
    assert [f for f in files_below(tmp_path / "with a space/p") if "__pycache__" in f] == []


def test_failure_shows_what_the_uploader_said(tmp_path: Path, programs: Path) -> None:
    board = load_board(str(board_file(tmp_path, "qemu_cortex_m4", OPENOCD)))
    write_program(programs / "openocd", "echo 'Error: no device found' >&2; exit 1")
    build = build_dummy(board, tmp_path / "p")
    with pytest.raises(DeviceError) as caught:
        upload(build, board)
    assert caught.value.message.splitlines()[0] == "flashing mine by openocd failed:"
    assert caught.value.message.splitlines()[-1] == "Error: no device found"


def test_flash_by_copying_to_a_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    board = load_board(str(board_file(tmp_path, "qemu_cortex_m4", DRIVE)))
    monkeypatch.setenv("TINYDEPLOY_MEDIA", str(tmp_path / "media"))
    build = build_dummy(board, tmp_path / "p")
    with pytest.raises(DeviceError, match=r"there is no drive BOARD in .*media"):
        upload(build, board)
    (tmp_path / "media" / "BOARD").mkdir(parents=True)
    upload(build, board)
    copy = tmp_path / "media" / "BOARD" / "firmware.bin"
    assert copy.read_bytes() == build.bin.read_bytes()


def test_reset_commands_of_the_board_file_are_used(tmp_path: Path) -> None:
    table = '[upload]\nprotocol = "gdb"\ngdb_reset = ["stop", "system_reset"]'
    board = load_board(str(board_file(tmp_path, "qemu_cortex_m4", table)))
    build = build_dummy(board, tmp_path / "p")
    with bare_emulator(board) as machine:
        load_firmware(machine.gdb, build.elf, board.gdb_reset)
        with open_device(board, build, machine.port) as device:
            assert device.info.board == "mine"
