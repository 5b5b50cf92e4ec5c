"""What layers cost on an emulated board, and which pieces it speaks against."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tinydeploy.boards import load_board
from tinydeploy.chain import layer_costs as module
from tinydeploy.chain.layer_costs import Part, board_judge, layer_costs
from tinydeploy.chain.trial import Setting
from tinydeploy.compress.judge import Replaced
from tinydeploy.compress.rewrite import Weighted
from tinydeploy.config import Optimize
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.resources import boards_dir

BOARD = "qemu_cortex_m4"
pytestmark = pytest.mark.filterwarnings("ignore")  # TensorFlow and Keras warn about themselves


def conv(filters: int, size: int | tuple[int, int] = 3, name: str = "conv") -> Any:
    return Weighted(import_keras().layers.Conv2D(filters, size, padding="same", name=name))


def part(*layers: Weighted, shape: tuple[int, ...] = (12, 12, 8)) -> Part:
    return Part(layers, (None, *shape))


def test_parts_side_by_side_cost_what_each_costs_alone() -> None:
    board = load_board(BOARD)
    parts = [part(conv(16)), part(conv(4, (3, 1)), conv(16, (1, 3))), part(conv(8, 1))]
    together = layer_costs(parts, board, Optimize.SPEED)
    alone = [layer_costs([one], board, Optimize.SPEED)[0] for one in parts]
    assert together == pytest.approx(alone, rel=0.02)
    assert together[0] is not None
    assert together[2] is not None
    assert together[0] > 3 * together[2]


def test_parts_without_room_together_are_counted_one_by_one(tmp_path: Path) -> None:
    text = (boards_dir() / f"{BOARD}.toml").read_text(encoding="utf-8")
    ram = "ram = { origin = 0x20000000, length = "
    assert f"{ram}0x400000" in text
    small = text.replace(f"{ram}0x400000", f"{ram}0x10000").replace("65536", "4096")
    (tmp_path / "small.toml").write_text(small, encoding="utf-8")
    parts = [part(conv(16)), part(conv(16)), part(conv(512)), part(conv(16))]
    costs = layer_costs(parts, load_board(str(tmp_path / "small.toml")), Optimize.SPEED)
    assert costs[2] is None
    assert None not in (costs[0], costs[1], costs[3])


def test_pieces_that_are_no_faster_are_refused_and_asked_about_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.keras"
    setting = Setting(model, model, None, BOARD, Optimize.SPEED, tmp_path, 0, "digest")
    shapes = [(None, 12, 12, 8)]
    replaced = {
        "better": Replaced(conv(16), (conv(4, (3, 1)), conv(16, (1, 3))), shapes),
        "worse": Replaced(conv(8, 1), (conv(6, 1), conv(8, 1)), shapes),
        "of any size": Replaced(conv(8, 1), (conv(6, 1), conv(8, 1)), [(None, None, None, 8)]),
    }
    said = board_judge(setting)(replaced)
    assert set(said) == {"worse"}
    assert BOARD in said["worse"]
    monkeypatch.setattr(module, "layer_costs", lambda parts, *_: [1 / 0 for _ in parts])
    assert board_judge(setting)(replaced) == said
    for file in (tmp_path / "layers").iterdir():
        file.write_text("torn", encoding="utf-8")
    with pytest.raises(ZeroDivisionError):
        board_judge(setting)(replaced)


def test_board_without_an_emulator_refuses_nothing(tmp_path: Path) -> None:
    model = tmp_path / "model.keras"
    setting = Setting(model, model, None, "nucleo_l476rg", Optimize.SPEED, tmp_path, 0, "digest")
    slow = Replaced(conv(8, 1), (conv(6, 1), conv(8, 1)), [(None, 12, 12, 8)])
    assert board_judge(setting)({"conv": slow}) == {}
