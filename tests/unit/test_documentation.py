"""What the documentation lists is what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tinydeploy.boards import Board, all_boards
from tinydeploy.config import read_project

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")])
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/tinydeploy.toml"))
LINK = re.compile(r"\]\(([^)#:]+)\)")


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


def binary_size(text: str) -> int:
    number, unit = text.split()
    return int(number) << {"KB": 10, "MB": 20}[unit]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("board", all_boards(), ids=lambda board: board.id)
def test_readme_lists_each_board_with_its_memory(board: Board) -> None:
    row = re.search(rf"^\| `{board.id}` \|.*\| (.*) \| (.*) \|$", readme(), re.MULTILINE)
    assert row is not None
    if board.id != "host":
        flash, ram = map(binary_size, row.groups())
        assert (flash, ram) == (board.memory.flash.length, board.memory.ram.length)


def test_readme_lists_no_board_that_is_not_there() -> None:
    section = readme().partition("## Boards")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == {b.id for b in all_boards()}


def test_readme_links_each_example() -> None:
    assert EXAMPLES
    assert [e.name for e in EXAMPLES if f"(examples/{e.name})" not in readme()] == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_is_complete(example: Path) -> None:
    project = read_project(example / "tinydeploy.toml")
    assert project.model is not None
    assert project.model.is_file()
    assert project.calibration is not None
    assert project.calibration.is_file()
    assert {"train.py", "README.md"} <= {path.name for path in example.iterdir()}
