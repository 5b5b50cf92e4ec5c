"""Writing a tree of generated files: the only place that does, and never half of it.

New content is staged beside the target first, so a full disk is met before anything changes.
A manifest lists what was written: the next write removes what is no longer generated, and a
folder without one is not ours to write into.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from tinydeploy.errors import InternalError, OutputError

MANIFEST = ".tinydeploy.json"


Content = Mapping[str, str | bytes]


def write_tree(root: Path, files: Content) -> None:
    """Write `files` ({relative path: content}) below `root`; unchanged files keep their dates.

    Raises:
        OutputError: `root` can't be written, or holds files that tinydeploy didn't write.
    """
    for path in files:
        _check_inside(path)
    root = Path(os.path.abspath(root))  # noqa: PTH100 - resolve() would follow a link at the end
    try:
        _write(root, files)
    except OSError as error:
        raise OutputError(
            f"can't write to {root}: {error.strerror}",
            "Choose another folder with -o, or make room there.",
        ) from error


def _check_inside(path: str) -> None:
    parts = PurePosixPath(path).parts
    bad = not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path
    if bad:
        raise InternalError(f"refusing to write {path!r}: it leaves the output folder")


def _write(root: Path, files: Content) -> None:
    if not root.exists():
        _write_new(root, files)
        return
    old = _read_manifest(root)
    if old is None and any(root.iterdir()):
        raise OutputError(
            f"{root} holds files that tinydeploy didn't write",
            "Choose an empty or new folder with -o.",
        )
    _replace(root, files, old or frozenset())


def _read_manifest(root: Path) -> frozenset[str] | None:
    """Return the paths that were written last time; None: this folder isn't ours."""
    if not root.is_dir():
        raise OutputError(f"{root} is a file, not a folder", "Choose another folder with -o.")
    try:
        listed = json.loads((root / MANIFEST).read_text(encoding="utf-8"))["files"]
        for path in listed:
            _check_inside(path)
        return frozenset(listed)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, InternalError) as error:
        raise OutputError(
            f"{root / MANIFEST} is damaged", "Delete the folder, or choose another with -o."
        ) from error


def _write_new(root: Path, files: Content) -> None:
    root.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{root.name[:40]}-", dir=root.parent))
    try:
        _write_files(staging, files)
        staging.chmod(0o755)
        staging.rename(root)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace(root: Path, files: Content, old: frozenset[str]) -> None:
    changed = {path: data for path, data in files.items() if not _holds(root / path, data)}
    stale = [path for path in old if path not in files]
    if not changed and not stale and old:
        return
    staging = Path(tempfile.mkdtemp(prefix=".staging-", dir=root))
    try:
        _write_files(staging, changed, listed=files)
        for path in stale:
            (root / path).unlink(missing_ok=True)
        for path in (*changed, MANIFEST):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (staging / path).replace(root / path)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _holds(path: Path, data: str | bytes) -> bool:
    try:
        return path.read_bytes() == _encoded(data)
    except OSError:
        return False


def _encoded(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _write_files(root: Path, files: Content, listed: Content | None = None) -> None:
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_encoded(data))
    manifest = {"files": sorted(listed if listed is not None else files)}
    (root / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
