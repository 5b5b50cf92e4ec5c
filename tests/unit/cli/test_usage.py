"""The command line itself: help, wrong use, project files, reports for machines."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli
from typer.main import get_command
from typer.testing import CliRunner

from tests.support.command_line import assert_refused, files_below, tinydeploy
from tests.support.small_models import small_int8
from tinydeploy.cli.app import app


def test_without_arguments_help_is_shown_and_no_error(tmp_path: Path) -> None:
    result = tinydeploy(cwd=tmp_path)
    assert result.exit_code == 2
    assert "verify" in result.out
    assert result.err == ""


def test_help_shows_every_word_that_was_written_for_it() -> None:
    """Rich takes what stands in brackets for markup, and leaves it out."""
    runner = CliRunner()
    commands: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
    shown = {name: runner.invoke(app, [name, "--help"]).output for name in commands}
    lost = [
        (name, parameter.name)
        for name, command in commands.items()
        for parameter in command.params
        for text in (parameter.help, parameter.show_default)
        if isinstance(text, str) and not set(text.split()) <= _words(shown[name])
    ]
    assert len(commands) > 10
    assert lost == []


def _words(help_page: str) -> set[str]:
    words = re.sub(r"[│╭╮╰╯─]", " ", help_page).split()
    return {part for word in words for part in (word, word.strip("()]"))}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "frobnicate"),
        (["build", "m.tflite", "--frobnicate"], "--frobnicate"),
        (["build"], "no model was given"),
        (["build", "m.tflite"], "no board was given"),
        (["verify", "m.tflite", "-b", "host", "-n", "0"], "-n"),
        (["verify", "m.tflite", "-b", "host", "-n", "many"], "-n"),
        (["build", "m.tflite", "-b", "host", "--optimize", "fast"], "fast"),
        (["build", "m.tflite", "-b", "host", "--quantize", "int4"], "int4"),
        (["build", "m.tflite", "-b", "host", "--project", "no.toml"], "no.toml can't be read"),
    ],
)
def test_wrong_use(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert_refused(tinydeploy(*arguments, cwd=tmp_path), 2, said)
    assert files_below(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('modle = "m.tflite"', 'unknown key "modle"\n  Did you mean model'),
        ("samples = -1", "samples must be a whole number"),
        ("board = = 1", "not valid TOML"),
        ("board = 4", "board must be a text"),
        ('optimize = "fast"', "optimize must be one of"),
        ("compress = 3", "compress must be written [compress]"),
        ('quantize = "int4"', "quantize must be one of int8, int16x8"),
    ],
)
def test_wrong_project_file(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tinydeploy.toml").write_text(text)
    assert_refused(tinydeploy("build", cwd=tmp_path), 2, "tinydeploy.toml", said)


@pytest.mark.parametrize("name", ["model.tflite", 'q"uote\\😀\x7f\n.tflite', "#{{x}} é.tflite"])
def test_init_writes_a_project_file_that_build_reads(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(small_int8())
    assert tinydeploy("init", name, "-b", "host", cwd=tmp_path).exit_code == 0
    table = tomli.loads((tmp_path / "tinydeploy.toml").read_text(encoding="utf-8"))
    assert (table["model"], table["board"]) == (name, "host")
    result = tinydeploy("inspect", cwd=tmp_path)
    assert result.exit_code == 0, result.err


def test_init_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "tinydeploy.toml").write_text("mine")
    assert_refused(tinydeploy("init", cwd=tmp_path), 12, "exists already", "--force")
    assert (tmp_path / "tinydeploy.toml").read_text() == "mine"


def test_init_refuses_a_name_that_is_no_text(tmp_path: Path) -> None:
    result = tinydeploy("init", "m\udcff.tflite", cwd=tmp_path)
    assert_refused(result, 2, "no valid Unicode")
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("command", ["boards", "doctor"])
def test_json_of_commands_without_a_model(tmp_path: Path, command: str) -> None:
    result = tinydeploy(command, "--json", "deep/r.json", cwd=tmp_path)
    assert result.exit_code == 0, result.err
    assert json.loads((tmp_path / "deep/r.json").read_text())


def test_json_of_a_run_is_whole(models: Path, tmp_path: Path) -> None:
    result = tinydeploy(
        "run", models / "int8.tflite", "-b", "host", "--json", "r.json", cwd=tmp_path
    )
    assert result.exit_code == 0, result.err
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["verify"]["mismatched_bytes"] == 0
    assert report["measured"]["latency_us"]["median"] >= 0


LISTS_MODULES = """
import sys
from tinydeploy.cli.app import _run
_run(sys.argv[1:], False)
heavy = {"numpy", "tensorflow", "tflite", "jinja2", "serial", "tinydeploy.pipeline"}
print("loaded:", sorted(heavy & set(sys.modules)))
"""


@pytest.mark.parametrize("arguments", [["--help"], ["boards"], ["build", "--help"]])
def test_light_commands_load_nothing_heavy(tmp_path: Path, arguments: list[str]) -> None:
    result = tinydeploy(*arguments, cwd=tmp_path, prefix=(sys.executable, "-c", SKIPS_TO_ARGUMENTS))
    assert "loaded: []" in result.out


SKIPS_TO_ARGUMENTS = "import sys; del sys.argv[1:4]\n" + LISTS_MODULES
