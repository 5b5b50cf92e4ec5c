"""What the documentation lists is what there is."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import pytest

from tinydeploy.chain.techniques import TECHNIQUES
from tinydeploy.config import read_project

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/*/README.md")])
EXAMPLES = sorted(path.parent for path in ROOT.glob("examples/*/tinydeploy.toml"))
LINK = re.compile(r"\]\(([^)#:]+)\)")


def readme() -> str:
    return (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_pages_list_the_boards_that_there_are() -> None:
    """scripts/refresh_board_tables.py writes what stands between the markers."""
    script = runpy.run_path(str(ROOT / "scripts/refresh_board_tables.py"))
    pages = script["pages"]()
    assert len(pages) == 2
    for page, block in pages.items():
        text = page.read_text(encoding="utf-8")
        assert script["renewed"](text, block) == text, f"run the script: {page.name} is old"


def test_each_technique_of_compress_is_explained() -> None:
    text = (ROOT / "docs/compression.md").read_text(encoding="utf-8")
    assert {one.name for one in TECHNIQUES} <= set(
        re.findall(r"^\| `([\w-]+)` \|", text, re.MULTILINE)
    )


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
