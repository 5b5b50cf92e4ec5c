from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from tinydeploy.errors import OutputError
from tinydeploy.report.files import write_text


def test_a_pipe_is_written_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text(encoding="utf-8")))
    reader.start()
    write_text(pipe, "a report")
    reader.join(5)
    assert read == ["a report"]
    assert pipe.is_fifo()


def test_what_a_link_leads_to_is_replaced(tmp_path: Path) -> None:
    file, link = tmp_path / "kept" / "file", tmp_path / "link"
    file.parent.mkdir()
    link.symlink_to(file)
    for text in ("first", "second"):
        write_text(link, text)
        assert link.is_symlink()
        assert file.read_text(encoding="utf-8") == text


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(OutputError, match="can't be written"):
        write_text(tmp_path / "file" / "report.json", "")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
