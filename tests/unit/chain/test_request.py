"""What makes earlier results count, or not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tinydeploy.boards import load_board
from tinydeploy.chain import identity
from tinydeploy.chain.request import CompressOptions, make_search
from tinydeploy.chain.trial import Setting
from tinydeploy.config import Optimize
from tinydeploy.resources import boards_dir


def setting_of(folder: Path, board: str) -> Setting:
    model = folder / "model.keras"
    model.write_bytes(b"a model")
    asked = CompressOptions(
        board, "size", 1, None, None, None, None, "3 %", (), 1, 0, None, 1, "none", None, 0.0
    )
    return make_search(model, model, None, load_board(board), Optimize.SPEED, 0, asked)[0]


@pytest.fixture
def board_file(tmp_path: Path) -> Path:
    return Path(shutil.copy(boards_dir() / "qemu_cortex_m4.toml", tmp_path / "mine.toml"))


def test_a_board_file_is_found_again_from_anywhere(
    tmp_path: Path, board_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    setting = setting_of(tmp_path, "./mine.toml")
    monkeypatch.chdir("/")
    assert load_board(setting.board) == load_board(str(board_file))


def test_results_of_another_board_or_other_tools_do_not_count(
    tmp_path: Path, board_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = setting_of(tmp_path, str(board_file)).inputs_digest
    assert setting_of(tmp_path, str(board_file)).inputs_digest == before
    with monkeypatch.context() as newer:
        newer.setattr(identity, "tool_versions", lambda: {"tensorflow": "99"})
        assert setting_of(tmp_path, str(board_file)).inputs_digest != before
    text = board_file.read_text(encoding="utf-8")
    board_file.write_text(text.replace("length = 0x400000", "length = 0x200000"), encoding="utf-8")
    assert setting_of(tmp_path, str(board_file)).inputs_digest != before
