"""`tinydeploy check` on a board that is found by its USB id."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.boards import board_file
from tests.support.command_line import assert_refused, tinydeploy
from tests.support.small_models import small_int8


@pytest.mark.parametrize(
    ("table", "exit_code", "said"),
    [
        ('[usb]\nids = ["f00d:f00d"]', 15, "none has USB id f00d:f00d"),
        ("", 2, "names no USB id by which its port can be found"),
    ],
)
def test_auto_port_of_a_board_that_is_not_here(
    tmp_path: Path, table: str, exit_code: int, said: str
) -> None:
    (tmp_path / "m.tflite").write_bytes(small_int8())
    board_file(tmp_path, "qemu_cortex_m4", table)
    (tmp_path / "tinydeploy.toml").write_text(
        '[[check]]\nmodel = "m.tflite"\nboards = ["mine.toml"]\nports = { "mine.toml" = "auto" }\n'
    )
    result = tinydeploy("check", cwd=tmp_path)
    assert_refused(result, exit_code)
    assert said in result.out
