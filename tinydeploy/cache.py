"""The user's cache folder: things that can be made again, kept so that they needn't be.

Entries are written whole or not at all; one that is damaged or can't be written is as good as
none. The oldest go when there are too many.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

CACHE_VARIABLE = "TINYDEPLOY_CACHE_DIR"


def cache_dir() -> Path:
    """tinydeploy's cache folder: TINYDEPLOY_CACHE_DIR, or the usual place of this system."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    import platformdirs  # noqa: PLC0415 - slow to import, and rarely needed

    return Path(platformdirs.user_cache_dir("tinydeploy"))


def read_cached(kind: str, key: str) -> bytes | None:
    """The entry `key` among those of `kind`, or None."""
    try:
        return (cache_dir() / kind / key).read_bytes()
    except OSError:
        return None


def write_cached(kind: str, key: str, data: bytes, most_entries: int) -> None:
    """Remember `data`; a cache that can't be written is no error."""
    with contextlib.suppress(OSError):
        folder = cache_dir() / kind
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(folder / key, data)
        _drop_oldest(folder, most_entries)


def _write_whole(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _drop_oldest(folder: Path, most_entries: int) -> None:
    entries = [entry for entry in folder.iterdir() if entry.suffix != ".part"]
    if len(entries) > most_entries:
        entries.sort(key=lambda entry: entry.stat().st_mtime)
        for entry in entries[:-most_entries]:
            entry.unlink(missing_ok=True)
