"""Writing a generated tree: all or nothing, nothing outside, nothing of the user's."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tinydeploy.codegen.writer import MANIFEST, write_tree
from tinydeploy.errors import InternalError, OutputError

FILES = {"a.txt": "one\n", "src/b.c": "two\n", "lib/model/c.c": "three\n"}


def tree(root: Path) -> dict[str, str]:
    """Return what lies below `root`, the manifest left out."""
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(root).as_posix(): path.read_text() for path in paths}


@contextmanager
def largest_file(count_bytes: int) -> Iterator[None]:
    """Let writing fail beyond `count_bytes`, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (count_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("exists", [False, True])
def test_new_and_empty_folders_are_filled(tmp_path: Path, exists: bool) -> None:
    root = tmp_path / "deep" / "out"
    if exists:
        root.mkdir(parents=True)
    write_tree(root, FILES)
    assert tree(root) == FILES
    assert [path.name for path in root.parent.iterdir()] == ["out"]


def test_bytes_are_written_as_they_are(tmp_path: Path) -> None:
    for content in (b"PK\x00\xff", b"PK\x00\xfe"):
        write_tree(tmp_path / "out", {"x.pack": content})
        assert (tmp_path / "out/x.pack").read_bytes() == content


def test_writing_again_removes_what_is_no_longer_generated_only(tmp_path: Path) -> None:
    root = tmp_path / "out"
    write_tree(root, FILES)
    (root / "notes.md").write_text("mine")
    dates = (root / "a.txt").stat().st_mtime_ns
    write_tree(root, {"a.txt": "one\n", "src/new.c": "4"})
    assert tree(root) == {"a.txt": "one\n", "src/new.c": "4", "notes.md": "mine"}
    assert (root / "a.txt").stat().st_mtime_ns == dates


def test_folder_of_someone_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(OutputError, match="didn't write"):
        write_tree(tmp_path, FILES)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(OutputError, match="is a file"):
        write_tree(tmp_path / "out", FILES)
    with pytest.raises(OutputError, match="can't write"):
        write_tree(tmp_path / "out" / "below", FILES)


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x", "", "a\\..\\x", "a\0"])
def test_paths_outside_are_refused_before_anything_is_written(tmp_path: Path, path: str) -> None:
    with pytest.raises(InternalError, match="refusing"):
        write_tree(tmp_path / "out", {**FILES, path: "x"})
    assert not (tmp_path / "out").exists()


def test_full_disk_leaves_nothing_of_a_new_folder(tmp_path: Path) -> None:
    with largest_file(1000), pytest.raises(OutputError, match="can't write to"):
        write_tree(tmp_path / "out", {**FILES, "z.c": "x" * 2000})
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_an_earlier_tree_as_it_was(tmp_path: Path) -> None:
    root = tmp_path / "out"
    write_tree(root, FILES)
    with largest_file(1000), pytest.raises(OutputError, match="can't write to"):
        write_tree(root, {"a.txt": "changed", "z.c": "x" * 2000})
    assert tree(root) == FILES


@pytest.mark.parametrize("text", ["", "{}", '{"files": 3}', "\0", '{"files": ["../../x"]}'])
def test_damaged_manifest_is_refused(tmp_path: Path, text: str) -> None:
    root = tmp_path / "out"
    write_tree(root, FILES)
    (root / MANIFEST).write_text(text)
    with pytest.raises(OutputError, match="is damaged"):
        write_tree(root, {"b": "c"})
    assert tree(root) == FILES
