"""Names of files, folders and tensors that mean something to C, TOML, a shell, or a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tomli

from tests.support.command_line import tinydeploy
from tests.support.small_models import small_int8
from tests.support.tflite_builder import ModelBuilder

NAMES = {
    "quotes": 'it\'s "quoted"',
    "lines": "one\ntwo\r\n#include <three>",
    "comment": "*\\/ /".replace("/", "∕") + "*",
    "template": "{{ name }}{% raw %}{# x #}",
    "shell": "$(touch pwned) `touch pwned` ${HOME};touch pwned&|<>",
    "ini": "[x]; %(y)s = #z",
    "dots": "..",
    "foreign": "é模型😀\u0301\u202e",
    "control": "\x1b[31mred\x07\x7f\t",
    "dash": "-rf",
    "backslash": "\\\\ \\n \\u0041 ??(",
    "long": "long" * 40,
}
TENSORS = [
    "*/ int main(void) { return 1; } /*",
    'quote " and \\',
    "two\nlines\r\n#error here",
    "{{ 1/0 }}{% for %}",
    "../../../../etc/passwd",
    "é模型😀",
    "??/\\",
    "",
    "x" * 5000,
    "\x1b]0;title\x07",
]


@pytest.mark.parametrize("kind", NAMES)
def test_file_and_folder_names(tmp_path: Path, kind: str) -> None:
    name = NAMES[kind]
    folder = tmp_path / f"in {name}"
    folder.mkdir()
    (folder / f"{name}.tflite").write_bytes(small_int8())
    result = tinydeploy(
        *("verify", f"./{name}.tflite", "-b", "host", "-n", "2"),
        *("-o", f"./{name}-out", "--json", f"./{name}.json"),
        cwd=folder,
    )
    assert result.exit_code == 0, result.err
    assert (result.err, "\x1b" in result.out) == ("", False)
    report = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    assert report["model"]["name"] == name
    assert report["verify"]["mismatched_bytes"] == 0
    assert (folder / f"{name}-out" / "firmware.elf").is_file()
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        [f"{name}.tflite", f"{name}-out", f"{name}.json"]
    )
    assert list(tmp_path.rglob("pwned")) == []


def test_folder_of_the_model_named_by_the_default(tmp_path: Path) -> None:
    folder = tmp_path / "o'brien $x"
    folder.mkdir()
    (folder / "../x.tflite").write_bytes(small_int8())
    (folder / "*").mkdir()
    (folder / "*" / "..tflite").write_bytes(small_int8())
    result = tinydeploy("build", "*/..tflite", "-b", "host", cwd=folder)
    assert result.exit_code == 0, result.err
    assert [path.name for path in (folder / "build").iterdir()] == ["model"]


def chain(names: list[str]) -> bytes:
    """Fully connected layers, one after another, whose outputs have these names."""
    builder = ModelBuilder()
    x = builder.input([1, 4], scale=0.1, name=names[-1])
    for name in names:
        data = np.eye(4, dtype=np.int8)
        weights = builder.tensor([4, 4], scale=0.9, data=data, name=f"{name} weights")
        y = builder.tensor([1, 4], scale=0.1, name=name)
        builder.operator("FULLY_CONNECTED", [x, weights, -1], [y], "FullyConnectedOptions")
        x = y
    y = builder.output([1, 4], scale=0.1, name=f"{names[0]} out")
    builder.operator("LEAKY_RELU", [x], [y], "LeakyReluOptions", alpha=0.3)
    return builder.build()


@pytest.mark.parametrize("board", ["host", "qemu_cortex_m4"])
def test_tensor_names(tmp_path: Path, board: str) -> None:
    (tmp_path / "m.tflite").write_bytes(chain(TENSORS))
    command = ("verify", "m.tflite", "-b", board, "-n", "1", "--json", "r.json", "--dump-ir")
    result = tinydeploy(*command, cwd=tmp_path)
    assert (result.exit_code, result.err) == (0, "")
    assert "\x1b" not in result.out
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["verify"]["mismatched_bytes"] == 0
    assert {layer["name"] for layer in report["measured"]["layers"]} >= set(filter(None, TENSORS))
    assert report["model"]["outputs"][0]["name"] == f"{TENSORS[0]} out"


def test_name_of_a_model_that_is_refused_does_not_drive_the_terminal(tmp_path: Path) -> None:
    name = "\x1b[31mred\nerror: fake"
    result = tinydeploy("build", f"{name}.tflite", "-b", "host", cwd=tmp_path)
    assert result.exit_code == 3
    assert "\x1b" not in result.err
    assert [line for line in result.err.splitlines() if line.startswith("error:")] == [
        "error: model ?[31mred"
    ]


@pytest.mark.parametrize("kind", ["quotes", "lines", "control", "foreign", "backslash"])
def test_project_file_of_a_hostile_name_is_sound(tmp_path: Path, kind: str) -> None:
    name = f"./{NAMES[kind]}.tflite"
    assert tinydeploy("init", name, cwd=tmp_path).exit_code == 0
    table = tomli.loads((tmp_path / "tinydeploy.toml").read_text(encoding="utf-8"))
    assert table["model"] == name.removeprefix("./")
