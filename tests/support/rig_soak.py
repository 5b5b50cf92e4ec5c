"""Two `tinydeploy check` at once on one rig whose boards die at random: what must hold then."""

from __future__ import annotations

import json
import random
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.command_line import Result, tinydeploy
from tests.support.emulated_bench import BOARD, BenchDevice, emulated_bench
from tests.support.small_models import small_int8
from tinydeploy.rig.locks import LOCK_VARIABLE

_USERS = 2
_SAMPLES = 40
_CHANNELS = range(24, 104, 8)
_WAIT_S = "300"
_LOOK_S = 0.1
_LONGEST_DELAY_S = 1.0


@dataclass(frozen=True, slots=True)
class Run:
    """One pair of one `check`, as its JSON file tells."""

    pair: str
    device: str
    status: str
    figures: Mapping[str, float]
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Soak:
    """What happened, and in `broken` each promise that wasn't kept: empty where all is well."""

    runs: tuple[Run, ...]
    kills: int
    recovered: int
    marked_bad: int
    broken: tuple[str, ...]


def soak(
    folder: Path,
    devices: int,
    models: int,
    rounds: int,
    runs_between: tuple[int, int],
    hang_share: float = 0.0,
    seed: int = 0,
) -> Soak:
    """`rounds` checks of `models` models by each of two users, on `devices` boards.

    A board is killed (or hung, in `hang_share` of the cases) after every `runs_between` (from, to)
    runs, at whatever it is doing then.
    """
    expected = _prepare(folder, models)
    (folder / "bench").mkdir()
    with emulated_bench(folder / "bench", devices) as (rig, bench):
        killer = _Killer(bench, runs_between, hang_share, seed)
        with killer, ThreadPoolExecutor(_USERS) as pool:
            users = [pool.submit(_use, folder, user, rig, rounds) for user in range(_USERS)]
            checks = [check for user in users for check in user.result()]
        kept = {device.name: device.journal() for device in bench}
    broken = [text for check in checks for text in _broken(check, expected, bench)]
    bad = {d["name"] for check in checks for d in check.content["devices"] if d["bad"]}
    broken += [text for name, journal in kept.items() for text in _broken_by(name, journal, bad)]
    return Soak(
        runs=tuple(run for check in checks for run in _runs(check.content)),
        kills=killer.kills,
        recovered=sum(d["recovered"] for c in checks for d in c.content["devices"]),
        marked_bad=len(bad),
        broken=tuple(broken),
    )


# --- the two users -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    result: Result
    content: dict[str, Any]


def _prepare(folder: Path, models: int) -> dict[str, Mapping[str, float]]:
    """Write the project and build it for each user; return each pair's true figures."""
    text = f"samples = {_SAMPLES}\n"
    for channels in _CHANNELS[:models]:
        (folder / f"m{channels}.tflite").write_bytes(small_int8(channels=channels))
        text += f'[[check]]\nmodel = "m{channels}.tflite"\nboards = ["{BOARD}"]\n'
    (folder / "tinydeploy.toml").write_text(text)
    result = tinydeploy("check", "--json", "true.json", "--output", "user0", cwd=folder)
    assert result.exit_code == 0, result.err
    for user in range(1, _USERS):
        shutil.copytree(folder / "user0", folder / f"user{user}")
    figures = {
        run.pair: run.figures for run in _runs(json.loads((folder / "true.json").read_text()))
    }
    assert len({f["instructions"] for f in figures.values()}) == models  # no two look alike
    return figures


def _use(folder: Path, user: int, rig: Path, rounds: int) -> list[_Check]:
    return [_check(folder, user, rig, number) for number in range(rounds)]


def _check(folder: Path, user: int, rig: Path, number: int) -> _Check:
    name = f"user{user}-{number}"
    out = folder / f"{name}.json"
    options = ("--rig", rig, "--wait", _WAIT_S, "--json", out, "--output", f"user{user}")
    env = {LOCK_VARIABLE: str(folder / "locks")}
    result = tinydeploy("check", *options, cwd=folder, env=env)
    content = json.loads(out.read_text()) if out.exists() else {"pairs": [], "devices": []}
    return _Check(name, result, content)


class _Killer:
    """Kills a board now and then, while the block lasts."""

    def __init__(
        self, bench: list[BenchDevice], runs_between: tuple[int, int], hang_share: float, seed: int
    ) -> None:
        self.kills = 0
        self._bench = bench
        self._runs_between = runs_between
        self._hang_share = hang_share
        self._random = random.Random(seed)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._work)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _work(self) -> None:
        next_at = self._random.randint(*self._runs_between)
        while not self._done.wait(_LOOK_S):
            if self._runs() < next_at:
                continue
            next_at += self._random.randint(*self._runs_between)
            self._done.wait(self._random.uniform(0, _LONGEST_DELAY_S))
            hangs = self._random.random() < self._hang_share
            refused = self._random.choice(self._bench).tell("hang" if hangs else "kill")
            self.kills += not refused

    def _runs(self) -> int:
        """About how many runs began: each puts its own firmware on the board."""
        journals = [device.journal() for device in self._bench]
        return sum(event.startswith("upload") for journal in journals for event in journal)


# --- what must hold ------------------------------------------------------------------------


def _runs(content: dict[str, Any]) -> Iterator[Run]:
    for pair in content["pairs"]:
        figures = {name: figure["value"] for name, figure in pair["figures"].items()}
        findings = tuple(finding["message"] for finding in pair["findings"])
        yield Run(pair["name"], pair["device"] or "", pair["status"], figures, findings)


def _broken(
    check: _Check, expected: Mapping[str, Mapping[str, float]], bench: list[BenchDevice]
) -> Iterator[str]:
    """No result lost, none from another board or model; who failed says why."""
    runs, numbers = list(_runs(check.content)), {device.name: device.number for device in bench}
    if sorted(run.pair for run in runs) != sorted(expected):
        yield f"{check.name}: results are missing: {check.result.err}"
    failed = [run for run in runs if run.status != "passed"]
    if check.result.exit_code != (10 if failed else 0):
        yield f"{check.name}: exit code {check.result.exit_code}: {check.result.err}"
    for run in failed:
        # Two devices must have failed it, or none was left.
        if not any("is bad" in text or "is left" in text for text in run.findings):
            yield f"{check.name}: {run.pair} failed: {run.findings}"
    for run in runs:
        yield from _foreign(run, expected[run.pair], numbers)


def _foreign(run: Run, expected: Mapping[str, float], numbers: Mapping[str, int]) -> Iterator[str]:
    """Whether the figures are another model's, or another device's than the one named."""
    if not run.figures:
        return
    excess = {name: value - expected[name] for name, value in run.figures.items()}
    if {excess.pop("stack"), excess.pop("ram")} != {numbers[run.device]}:
        yield f"{run.pair} was not measured on {run.device}: {run.figures}"
    if any(excess.values()):
        yield f"{run.pair} has the figures of another: {run.figures}"


def _broken_by(name: str, journal: list[str], marked_bad: set[str]) -> Iterator[str]:
    """Nobody on a board that another holds; a dead one that was met is recovered or marked."""
    if "intruder" in journal:
        yield f"{name} was used by two at once"
    deaths = [at for at, event in enumerate(journal) if event in {"kill", "hang"}]
    after = journal[deaths[-1] :] if deaths else []
    if "opened" in after and "power-cycle" not in after and name not in marked_bad:
        yield f"{name} died and was met dead, but neither recovered nor marked"
