"""What makes earlier results count, or not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import tomli

from tinydeploy.boards import load_board
from tinydeploy.chain import identity
from tinydeploy.chain.options import CompressOptions, Place
from tinydeploy.chain.request import make_search, read_options
from tinydeploy.chain.trial import Setting
from tinydeploy.config import Optimize
from tinydeploy.errors import UsageError
from tinydeploy.resources import boards_dir


def setting_of(folder: Path, board: str) -> Setting:
    model = folder / "model.keras"
    model.write_bytes(b"a model")
    asked = CompressOptions(data=model)
    return make_search(model, Place(board), Optimize.SPEED, 0, asked)[0]


DOCUMENT = Path(__file__).parents[3] / "docs" / "compression.md"


def test_project_file_says_what_the_options_say(tmp_path: Path) -> None:
    text = (
        DOCUMENT.read_text(encoding="utf-8").partition("# tinydeploy.toml\n")[2].partition("```")[0]
    )
    found = read_options(tomli.loads(text)["compress"], tmp_path / "tinydeploy.toml")
    assert found == CompressOptions(
        data=tmp_path / "train.npz",
        test=tmp_path / "test.npz",
        max_flash="64 kB",
        max_accuracy_drop="1 %",
        goal="speed",
        technique=("prune-channels", "qat"),
        epochs=40,
    )
    assert read_options({}, tmp_path / "tinydeploy.toml") == CompressOptions()


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("max_ramm", "1 kB", "unknown key 'max_ramm'"),
        ("max_ram", "64", "'max_ram' is '64': the unit is missing"),
        ("max_accuracy_drop", "much", "'max_accuracy_drop' is 'much'"),
        ("for", "flash", "'for' is 'flash', not one of size, accuracy, speed"),
        ("technique", ["prune"], "there is no technique 'prune'"),
        ("technique", "qat", "'technique' is 'qat', not a list of strings"),
        ("epochs", 2000, "'epochs' is 2000, and must be from 0 to 1000"),
        ("epochs", 2.5, "'epochs' is 2.5, not a whole number"),
        ("learning_rate", 0, "'learning_rate' is 0, and must be from 1e-06 to 1"),
        ("learning_rate", "fast", "'learning_rate' is 'fast', not a number"),
        ("seeds", True, "'seeds' is True, not a whole number"),
        ("data", 3, "'data' is 3, not a path"),
    ],
)
def test_wrong_key_of_the_project_file_is_named(key: str, value: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_options({key: value}, Path("sub/tinydeploy.toml"))
    assert caught.value.message.startswith("project file sub/tinydeploy.toml: compress: ")
    assert said in caught.value.message


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
