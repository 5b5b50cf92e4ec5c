"""The generated project's own way to flash: each uploader's command, and the copy to a drive."""

from __future__ import annotations

import importlib.util
import os
import struct
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tinydeploy.resources import templates_dir
from tinydeploy.uploaders import UPLOADERS

BUILDER = templates_dir() / "project" / "platform" / "builder"


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, BUILDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


upload = module("upload")
mass_storage = module("mass_storage")
ADDRESS = 0x08000000

COMMANDS: dict[str, tuple[dict[str, Any], str]] = {
    "openocd": (
        {"openocd_target": "stm32f4x"},
        (
            "openocd -f interface/stlink.cfg -c adapter serial A1 -f target/stm32f4x.cfg "
            "-c program firmware.elf verify reset exit"
        ),
    ),
    "pyocd": (
        {"pyocd_target": "stm32f407vgtx"},
        "pyocd load --no-wait --target stm32f407vgtx --uid A1 firmware.elf",
    ),
    "jlink": (
        {"jlink_device": "STM32F407VG"},
        (
            "JLinkExe -NoGui 1 -ExitOnError 1 -AutoConnect 1 -Device STM32F407VG -If swd "
            "-Speed 4000 -SelectEmuBySN A1 -CommandFile upload.jlink"
        ),
    ),
    "esptool": (
        {"esptool_chip": "esp32c3", "esptool_offset": 0x1000},
        "esptool --chip esp32c3 --port /dev/ttyX write_flash 0x1000 firmware.bin",
    ),
    "picotool": ({}, "picotool load -v -x firmware.elf --ser A1 -f"),
    "dfu": (
        {"dfu_id": "0483:df11"},
        "dfu-util -d 0483:df11 -a 0 -s 0x8000000:leave -D firmware.bin -S A1",
    ),
}


@pytest.mark.parametrize("protocol", COMMANDS)
def test_command_of_each_uploader(tmp_path: Path, protocol: str) -> None:
    options, expected = COMMANDS[protocol]
    programs = next(u.programs for u in UPLOADERS if u.protocol == protocol)
    table = {"protocol": protocol, "programs": programs, "address": ADDRESS, **options}
    command = upload.upload_command(table, str(tmp_path), "", port="/dev/ttyX", probe="A1")
    assert " ".join(command) == expected


def test_each_protocol_but_gdb_can_be_uploaded() -> None:
    protocols = [u.protocol for u in UPLOADERS]
    assert [p for p in protocols if not upload.is_uploadable({"protocol": p})] == ["gdb"]
    assert not upload.is_uploadable({})


def test_jlink_is_told_what_to_write_where(tmp_path: Path) -> None:
    table = {"protocol": "jlink", "programs": ["J"], "address": ADDRESS, "jlink_device": "X"}
    upload.upload_command(table, str(tmp_path), "")
    lines = (tmp_path / "upload.jlink").read_text().splitlines()
    assert "loadbin firmware.bin, 0x8000000" in lines
    assert lines[-3:] == ["r", "g", "q"]


def test_the_first_program_on_path_is_taken(tmp_path: Path) -> None:
    program = tmp_path / "esptool.py"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    table = {"protocol": "esptool", "programs": ["esptool", "esptool.py"], "address": 0}
    table |= {"esptool_chip": "esp32", "esptool_offset": 0}
    assert upload.upload_command(table, "", str(tmp_path))[0] == str(program)


def test_uf2_holds_every_byte_at_its_address() -> None:
    data, memory = bytes(range(256)) * 3 + b"end", dict[int, int]()
    file = mass_storage.uf2(data, 0x10000000, 0xE48BFF56)
    assert len(file) == 4 * 512
    for number in range(4):
        block = file[number * 512 : (number + 1) * 512]
        first, second, flags, address, size, index, count, family = struct.unpack("<8I", block[:32])
        assert (first, second, flags) == (0x0A324655, 0x9E5D5157, 0x2000)
        assert (index, count, family, size) == (number, 4, 0xE48BFF56, 256)
        assert block[-4:] == struct.pack("<I", 0x0AB16F30)
        memory.update(enumerate(block[32 : 32 + size], address))
    assert bytes(memory[0x10000000 + i] for i in range(len(data))) == data


@pytest.fixture
def media(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where drives are mounted; the firmware lies beside it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TINYDEPLOY_MEDIA", str(tmp_path / "media"))
    (tmp_path / "firmware.bin").write_bytes(b"firmware" * 100)
    (tmp_path / "media" / "BOARDS").mkdir(parents=True)
    return tmp_path / "media"


def copied(*arguments: str) -> int:
    code = mass_storage.main(["firmware.bin", *arguments])
    assert isinstance(code, int)
    return code


def test_the_drive_is_found_by_its_label(media: Path) -> None:
    (media / "BOARD").mkdir()
    assert copied("BOARD") == 0
    assert (media / "BOARD" / "firmware.bin").read_bytes() == b"firmware" * 100
    assert list((media / "BOARDS").iterdir()) == []


def test_a_uf2_bootloader_gets_a_uf2_file(media: Path) -> None:
    (media / "RPI-RP2").mkdir()
    assert copied("RPI-RP2", "--uf2", "0xe48bff56", "--address", "0x10000000") == 0
    expected = mass_storage.uf2(b"firmware" * 100, 0x10000000, 0xE48BFF56)
    assert [p.name for p in (media / "RPI-RP2").iterdir()] == ["firmware.uf2"]
    assert (media / "RPI-RP2" / "firmware.uf2").read_bytes() == expected


def test_no_such_drive(media: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert copied("BOARD") == 1
    assert f"there is no drive BOARD in {media}" in capsys.readouterr().out


def test_two_drives_are_told_apart_by_the_probe(
    media: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, serial in (("DAPLINK", "0240A"), ("DAPLINK1", "0240B")):
        (media / name).mkdir()
        (media / name / "DETAILS.TXT").write_text(f"Unique ID: {serial}\n")
    assert copied("DAPLINK") == 1
    said = capsys.readouterr().out
    assert str(media / "DAPLINK") in said
    assert str(media / "DAPLINK1") in said
    assert copied("DAPLINK", "--probe", "0240B") == 0
    assert (media / "DAPLINK1" / "firmware.bin").is_file()
    assert not (media / "DAPLINK" / "firmware.bin").exists()
    assert copied("DAPLINK", "--probe", "0240C") == 1


def test_a_drive_that_fills_up_keeps_no_half(
    media: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (media / "BOARD").mkdir()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert copied("BOARD") == 1
    assert "No space left on device" in capsys.readouterr().out
    assert list((media / "BOARD").iterdir()) == []


def test_a_board_that_restarts_when_all_is_written_is_no_failure(
    media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (media / "BOARD").mkdir()

    def gone(handle: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", gone)
    assert copied("BOARD") == 0
