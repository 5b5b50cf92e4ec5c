"""Boards of a vendor's framework from the command line: what is said where PlatformIO lacks it."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import assert_refused, tinydeploy


def test_build_writes_the_project_and_says_what_to_install(models: Path, tmp_path: Path) -> None:
    env = {"PLATFORMIO_CORE_DIR": str(tmp_path / "nothing-here")}
    command = ("build", models / "int8.tflite", "-b", "teensy41", "-o", "project")
    result = tinydeploy(*command, cwd=tmp_path, env=env)
    assert_refused(
        result,
        8,
        "the project is in project, but not built",
        "platform teensy, with the framework arduino",
        "pio pkg install -d project",
    )
    assert "framework = arduino" in (tmp_path / "project" / "platformio.ini").read_text()
    assert (tmp_path / "project" / "src" / "model" / "model.c").is_file()


def test_flash_says_who_flashes_such_a_board(models: Path, tmp_path: Path) -> None:
    result = tinydeploy("flash", models / "int8.tflite", "-b", "teensy41", cwd=tmp_path)
    assert_refused(result, 2, "uploader of its framework", "pio run -t upload")
