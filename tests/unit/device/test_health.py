"""What `tinydeploy doctor` finds of the programs that flash boards."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tinydeploy.boards import load_board
from tinydeploy.device.health import uploaders
from tinydeploy.uploaders import Upload

PLAIN = load_board("qemu_cortex_m4")
ESP = dataclasses.replace(PLAIN, id="esp", upload=Upload("esptool", esptool_chip="esp32"))
ESP_2 = dataclasses.replace(ESP, id="esp_2")
PICO = dataclasses.replace(PLAIN, id="pico", upload=Upload("picotool"))
DRIVE = dataclasses.replace(PLAIN, id="drive", upload=Upload("mass-storage", drive_label="X"))


def test_uploaders_are_found_or_told_how_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "esptool.py"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    esptool, picotool = uploaders([PLAIN, ESP, ESP_2, PICO, DRIVE])
    assert (esptool.tool, esptool.present) == ("esptool.py", True)
    assert esptool.needed_for == "flashing esp, esp_2"
    assert (picotool.tool, picotool.present) == ("picotool", False)
    assert "github.com/raspberrypi/picotool" in picotool.install
