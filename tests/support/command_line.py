"""Runs the real command line in a process of its own, as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "tinydeploy")
_TIMEOUT_S = 300


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended, and what it said."""

    exit_code: int
    out: str
    err: str


def environment(changes: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment with this package in reach from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT), **(changes or {})}


def tinydeploy(
    *arguments: str | Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    prefix: Sequence[str] = (),
    timeout_s: float = _TIMEOUT_S,
) -> Result:
    """Run `tinydeploy arguments…` in `cwd`, with `env` changed; `prefix` runs it (prlimit, …)."""
    done = subprocess.run(
        [*prefix, *COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=timeout_s,
        check=False,
    )
    out, err = (text.decode("utf-8", "replace") for text in (done.stdout, done.stderr))
    return Result(done.returncode, out, err)


def assert_refused(result: Result, exit_code: int, *said: str) -> None:
    """One clear message with each of `said`, and a hint; no traceback; the documented exit code."""
    assert result.exit_code == exit_code, result.err
    assert "Traceback" not in result.out + result.err
    lines = result.err.splitlines()
    assert [line for line in lines if line.startswith("error:")] == lines[:1], result.err
    assert all(line.startswith("  ") for line in lines[1:]), result.err
    for text in said:
        assert text in result.err


def files_below(folder: Path) -> list[str]:
    """Every path in `folder`, to see that nothing was left there."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
