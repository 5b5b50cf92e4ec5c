"""`tinydeploy compress` as users run it: real trainings, real builds, an emulated board."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.command_line import COMMAND, Result, assert_refused, environment, tinydeploy
from tests.support.compressible import CLASSES, images, write_compressible
from tests.support.effort import LONG
from tests.support.emulated_bench import BOARD, emulated_bench
from tests.support.shared import made_once
from tinydeploy.chain.run import run_trial
from tinydeploy.chain.trial import Setting, Stage, Step, Trial
from tinydeploy.compress.fit import Fit
from tinydeploy.config import Optimize
from tinydeploy.frontend.quantization_sizes import NOT_RUNNABLE
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.rig.locks import LOCK_VARIABLE

QUICK = (
    *("--board", "qemu_cortex_m4", "--technique", "prune-channels"),
    *("--epochs", "1", "--max-accuracy-drop", "60 %", "--seed", "1"),
    *("--max-flash", "9100 B"),  # leaves two of the four chains
    *("--workers", "1", "--seeds", "1"),
)
FIGURES = {
    "accuracy",
    "accuracy_mean",
    "macs",
    "parameters",
    "flash_bytes",
    "arena_bytes",
    "instructions",
}
KILLS = 20
_MORE_S = 2.0
_TIMEOUT_S = 900


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the models and their data."""
    return made_once(tmp_path_factory, "compressible", write_compressible)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, made: Path) -> Path:
    """A folder in which a search with one worker ended well."""
    return made_once(tmp_path_factory, "compressed", lambda folder: _finish(folder, made))


def _finish(folder: Path, made: Path) -> None:
    result = compress(folder, made, "--json", "report.json", "--html", "report.html")
    assert result.exit_code == 0, result.err
    (folder / "out.txt").write_text(result.out, encoding="utf-8")


def arguments(made: Path, *more: str | Path) -> tuple[str, ...]:
    """Later options win over those of `QUICK`."""
    fixed = ("compress", made / "model.keras", "--data", made / "data.npz", *QUICK)
    return tuple(map(str, (*fixed, "-o", "small.keras", *more)))


def compress(folder: Path, made: Path, *more: str | Path, prefix: tuple[str, ...] = ()) -> Result:
    return tinydeploy(*arguments(made, *more), cwd=folder, prefix=prefix, timeout_s=_TIMEOUT_S)


def read_report(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def trials(folder: Path) -> dict[str, int]:
    """All that is finished below `folder`, and when it was written."""
    found = (folder / "build").glob("compress/*/[!.]*/[!.]*.json")  # .model-… comes and goes
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in found}


def test_each_step_has_its_figures(finished: Path) -> None:
    report = read_report(finished)
    for point in (report["baseline"], report["result"], *report["steps"]):
        assert {key for key in FIGURES if point.get(key) is None} == set()
    assert report["steps"][0] == {
        **report["baseline"], "name": "original", "technique": "original",
        "factor": None, "of": None, "layers": [],
    }  # fmt: skip
    last = report["steps"][-1]
    assert {key: last[key] for key in FIGURES} == {key: report["result"][key] for key in FIGURES}
    assert [layer["name"] for layer in last["layers"]] == ["edges", "scores"]


def test_the_result_is_smaller_faster_and_no_other_is_smaller(finished: Path) -> None:
    report = read_report(finished)
    before, after = report["baseline"], report["result"]
    for key in ("macs", "parameters", "flash_bytes", "instructions"):
        assert after[key] < before[key]
    floor = before["accuracy"] - report["limits"]["accuracy_drop"]
    full = [c for c in report["candidates"] if c["training"] == "full"]
    good = [c for c in full if c["accuracy"] >= floor]
    assert after["flash_bytes"] == min(c["flash_bytes"] for c in good)


def test_the_table_shows_what_the_report_says(finished: Path) -> None:
    out = (finished / "out.txt").read_text(encoding="utf-8")
    for step in read_report(finished)["steps"]:
        assert f"{step['accuracy']:.2%}" in out
        assert f"{step['flash_bytes']:,}" in out
        assert f"{step['instructions']:,.0f}" in out


def test_sizes_of_other_quantizations_are_shown_and_told_apart(finished: Path) -> None:
    out = (finished / "out.txt").read_text(encoding="utf-8")
    page = (finished / "report.html").read_text(encoding="utf-8")
    kinds = read_report(finished)["quantizations"]
    assert [kind["kind"] for kind in kinds] == ["int8", "int8 with float fallback", "float16"]
    assert [kind["note"] for kind in kinds] == ["", NOT_RUNNABLE, NOT_RUNNABLE]
    for kind in kinds:
        assert f"{kind['kind']}: {kind['tflite_bytes']:,} B" in out
        cells = (kind["kind"], f"{kind['tflite_bytes']:,}", kind["note"])
        assert re.search(r"\s*".join(f"<td[^>]*>{re.escape(cell)}</td>" for cell in cells), page)


def test_the_written_model_costs_on_the_board_what_the_report_says(finished: Path) -> None:
    ran = tinydeploy(
        *("run", "small.keras", "-b", "qemu_cortex_m4", "--calibration", "cal.npz"),
        *("--json", "run.json", "--optimize", "balanced"),
        cwd=_with_calibration(finished),
    )
    assert ran.exit_code == 0, ran.err
    run = json.loads((finished / "run.json").read_text(encoding="utf-8"))
    assert run["model"]["macs"] == read_report(finished)["result"]["macs"]
    assert run["verify"]["mismatched_bytes"] == 0


def _with_calibration(folder: Path) -> Path:
    x, y = images()
    np.savez(folder / "cal.npz", x=x, y=y)
    return folder


def test_the_int8_model_beside_it_is_the_one_that_was_measured(finished: Path) -> None:
    arguments = ("small.tflite", "-b", "qemu_cortex_m4", "--json", "int8.json")
    ran = tinydeploy("run", *arguments, cwd=finished)
    assert ran.exit_code == 0, ran.err
    run = json.loads((finished / "int8.json").read_text(encoding="utf-8"))
    result = read_report(finished)["result"]
    assert run["model"]["macs"] == result["macs"]
    assert run["flash"]["weights_bytes"] == result["weights_bytes"]
    assert run["verify"]["mismatched_bytes"] == 0


def test_result_has_to_be_a_keras_file(made: Path, tmp_path: Path) -> None:
    refused = compress(tmp_path, made, "-o", "small.tflite")
    assert_refused(refused, 2, "small.tflite", "Name it small.keras")


def test_the_page_opens_offline_and_shows_steps_and_layers(finished: Path) -> None:
    page = (finished / "report.html").read_text(encoding="utf-8")
    assert re.findall(r"(?:src|href|url|@import)\s*[=(]|https?://|<script", page) == []
    assert page.count("<svg") == 2
    report = read_report(finished)
    marks = len(report["candidates"]) + len(report["steps"]) - 1  # the result is a candidate
    assert page.count("<circle") == 2 * marks
    for layer in report["steps"][-1]["layers"]:
        assert f"<td>{layer['name']}</td>" in page
        assert f"{layer['weights_after']:,}" in page


@pytest.mark.skipif(not LONG, reason="one more search: TINYDEPLOY_TESTS=long")
def test_two_workers_find_what_one_finds(finished: Path, made: Path, tmp_path: Path) -> None:
    result = compress(tmp_path, made, "--json", "report.json", "--workers", "2")
    assert result.exit_code == 0, result.err
    assert read_report(tmp_path) == read_report(finished)


@pytest.mark.skipif(not LONG, reason="kills and one more search: TINYDEPLOY_TESTS=long")
def test_a_killed_search_goes_on_where_it_was(finished: Path, made: Path, tmp_path: Path) -> None:
    moments = random.Random(KILLS)
    total = len(trials(finished))
    known: dict[str, int] = {}
    for kill in range(KILLS):
        wanted = total * (kill + 1) // (KILLS + 1)
        _kill_after_trials(wanted, moments.uniform(0, _MORE_S), made, tmp_path)
        now = trials(tmp_path)
        assert known.items() <= now.items()  # none was lost, none was done again
        assert len(now) >= wanted
        known = now
    result = compress(tmp_path, made, "--json", "report.json")
    assert result.exit_code == 0, result.err
    assert known.items() <= trials(tmp_path).items()
    assert read_report(tmp_path) == read_report(finished)


def _kill_after_trials(count: int, more_s: float, made: Path, folder: Path) -> None:
    """Kill a search `more_s` after so many trials are finished, if it has not ended by then."""
    process = subprocess.Popen(
        [*COMMAND, *arguments(made)],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    end = time.monotonic() + _TIMEOUT_S
    while process.poll() is None and len(trials(folder)) < count:
        assert time.monotonic() < end
        time.sleep(0.05)
    try:
        process.wait(more_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.filterwarnings("ignore")  # TensorFlow and Keras warn about themselves
def test_a_board_of_a_rig_measures_what_the_emulator_does(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "locks"))
    files = (made / "model.keras", made / "data.npz", None)
    setting = Setting(*files, BOARD, Optimize.BALANCED, tmp_path / "store", 1, "")
    alone = run_trial(setting, Trial(samples=0)).figures
    with emulated_bench(tmp_path, 1) as (rig, (device,)):
        there = replace(setting, rig=rig, folder=tmp_path / "other", wait_s=60)
        assert run_trial(there, Trial(samples=0)).figures == alone
        assert [line for line in device.journal() if line.startswith("upload")]


@pytest.mark.skipif(not LONG, reason="one more search: TINYDEPLOY_TESTS=long")
def test_boards_of_a_rig_measure_what_the_emulator_does(
    finished: Path, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "locks"))
    shutil.copytree(finished / "build", tmp_path / "build")
    for figures in (tmp_path / "build").glob("compress/*/*/test-*.json"):
        figures.unlink()  # models stay trained, and have to be measured again
    with emulated_bench(tmp_path, 2) as (rig, devices):
        more = ("--rig", rig, "--json", "report.json", "--workers", "2")
        result = compress(tmp_path, made, *more)
        journals = [device.journal() for device in devices]
    assert result.exit_code == 0, result.err
    uploads = [[line for line in lines if line.startswith("upload")] for lines in journals]
    measured = [name for name in trials(tmp_path) if Path(name).name.startswith("test-")]
    assert all(uploads), "both boards measured"
    # Strengths that end in the same model make the same firmware, which is not uploaded twice.
    assert sum(map(len, uploads)) <= len(measured)
    assert [line for lines in journals for line in lines if line == "intruder"] == []
    assert read_report(tmp_path) == read_report(finished)


def test_board_without_an_emulator_asks_for_a_rig_that_has_it(made: Path, tmp_path: Path) -> None:
    board = ("--board", "nucleo_f446re")
    assert_refused(compress(tmp_path, made, *board), 2, "no emulator", "--rig")
    with emulated_bench(tmp_path, 1) as (rig, _):
        refused = compress(tmp_path, made, *board, "--rig", rig)
    assert_refused(refused, 15, "the rig has no nucleo_f446re")


def test_bad_data_is_refused(made: Path, tmp_path: Path) -> None:
    x, y = images()
    np.savez(tmp_path / "bad.npz", x=x, y=np.where(y == 0, CLASSES, y))
    result = compress(tmp_path, made, "--data", tmp_path / "bad.npz")
    assert_refused(result, 5, f"label {CLASSES}", f"{CLASSES} classes")
    assert not (tmp_path / "small.keras").exists()


def test_model_that_cannot_be_compressed(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / "custom.keras", tmp_path / "model.keras")
    shutil.copy(made / "data.npz", tmp_path)
    assert_refused(compress(tmp_path, tmp_path), 4, "Doubled")


def test_limit_that_nothing_meets_shows_the_closest(finished: Path, made: Path) -> None:
    before = trials(finished)
    result = compress(finished, made, "-o", "none.keras", "--max-flash", "1 kB")
    assert_refused(result, 7, "the closest", "prune-channels ÷4", "max-flash ×")
    assert trials(finished) == before, "the limit alone changes no measurement"
    assert not (finished / "none.keras").exists()


@pytest.mark.filterwarnings("ignore")  # TensorFlow and Keras warn about themselves
def test_model_trained_for_int8_runs_on_the_board(made: Path, tmp_path: Path) -> None:
    """As a trial of a search does it: stored, loaded, converted, compared byte by byte."""
    files = (made / "model.keras", made / "data.npz", None)
    setting = Setting(*files, "qemu_cortex_m4", Optimize.BALANCED, tmp_path, 1, "")
    found = run_trial(setting, Trial((Stage(Step("qat"), Fit(1, seed=1)),), samples=60))
    assert found.figures.macs == 36 * 9 * 12 + 36 * 12 * CLASSES
    assert found.fits_board
    assert found.accuracy > 0.9


@pytest.mark.filterwarnings("ignore")  # TensorFlow and Keras warn about themselves
def test_model_of_one_probability_is_trained_and_judged(tmp_path: Path) -> None:
    """Is the bar at the top?"""
    layers = import_keras().layers
    x, labels = images()
    model = import_keras().Sequential([
        import_keras().Input(x.shape[1:]), layers.Conv2D(8, 3, activation="relu"),
        layers.Flatten(), layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.save(tmp_path / "binary.keras")
    np.savez(tmp_path / "data.npz", x=x, y=(labels == 0).astype(np.float32)[:, None])
    files = (tmp_path / "binary.keras", tmp_path / "data.npz", None)
    setting = Setting(*files, "qemu_cortex_m4", Optimize.BALANCED, tmp_path, 1, "")
    teacher = Stage(None, Fit(12, 1e-2, seed=1))
    untrained = run_trial(setting, Trial((Stage(None, Fit(0)),), samples=60))
    pruned = Stage(Step("prune-channels", 2), Fit(6, 1e-2, seed=1))
    found = run_trial(setting, Trial((teacher, pruned), samples=60))
    assert found.figures.macs < untrained.figures.macs / 1.9
    assert untrained.accuracy < 0.9 < found.accuracy


def test_project_file_asks_where_the_command_line_does_not(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    shutil.copy(made / "model.keras", folder)
    lines = (
        'model = "model.keras"', 'board = "qemu_cortex_m4"', "[compress]", 'data = "none.npz"',
        'max_latency = "1 ms"',
    )  # fmt: skip
    (folder / "tinydeploy.toml").write_text("\n".join(lines), encoding="utf-8")
    ask = ("compress", "--project", "project/tinydeploy.toml")
    assert_refused(tinydeploy(*ask, cwd=tmp_path), 2, "--max-latency", "has no clock")
    own = ("project/other.keras", "--max-latency", "2 ms")
    assert_refused(tinydeploy(*ask, *own, cwd=tmp_path), 2, "no data was given")
    text = (folder / "tinydeploy.toml").read_text(encoding="utf-8")
    (folder / "tinydeploy.toml").write_text(text.replace("max_latency", "#"), encoding="utf-8")
    assert_refused(tinydeploy(*ask, cwd=tmp_path), 5, "project/none.npz can't be read")
    given = ("--data", made / "data.npz", "--max-flash", "1")
    assert_refused(tinydeploy(*ask, *map(str, given), cwd=tmp_path), 2, "--max-flash", "unit")


def test_unknown_technique_names_the_near_one(made: Path, tmp_path: Path) -> None:
    result = compress(tmp_path, made, "--technique", "prune-chanels")
    assert_refused(result, 2, "prune-chanels", "prune-channels")


def test_technique_that_nothing_can_follow_is_named_last(made: Path, tmp_path: Path) -> None:
    files = (made / "model.keras", "--data", made / "data.npz", "--board", "qemu_cortex_m4")
    steps = ("--technique", "qat", "--technique", "fold")
    result = tinydeploy("compress", *files, *steps, cwd=tmp_path)
    assert_refused(result, 2, "nothing can follow qat", "--technique fold --technique qat")


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="needs prlimit")
def test_full_disk_keeps_what_is_finished(finished: Path, made: Path, tmp_path: Path) -> None:
    """No file may grow beyond the limit: writing stops as it does on a full disk."""
    shutil.copytree(finished / "build", tmp_path / "build")
    before = set(trials(tmp_path))
    result = compress(tmp_path, made, "--epochs", "2", prefix=("prlimit", "--fsize=8000"))
    assert_refused(result, 12, "can't be written")
    assert set(trials(tmp_path)) == before
    assert not (tmp_path / "small.keras").exists()
