"""The commands on a rig of emulated boards that die, are held by others, or can't be helped."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.command_line import COMMAND, Result, assert_refused, environment, tinydeploy
from tests.support.emulated_bench import BOARD, BenchDevice, emulated_bench
from tests.support.rig_soak import soak
from tests.support.small_models import small_int8
from tinydeploy.rig.locks import LOCK_VARIABLE, PortLock
from tinydeploy.rig.settings import read_rig

pytestmark = pytest.mark.emulated
Bench = tuple[Path, list[BenchDevice]]


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "locks"))


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where every test builds the same two models: once."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture
def bench(tmp_path: Path, builds: Path) -> Iterator[Bench]:
    """Two boards, and a project in the same folder with two models for them."""
    tables = ""
    for name, channels in (("a", 8), ("b", 16)):
        (tmp_path / f"{name}.tflite").write_bytes(small_int8(channels=channels))
        tables += f'[[check]]\nmodel = "{name}.tflite"\nboards = ["{BOARD}"]\nsamples = 2\n'
    (tmp_path / "tinydeploy.toml").write_text(tables)
    (tmp_path / "build").symlink_to(builds)
    with emulated_bench(tmp_path, 2) as (rig, devices):
        yield rig, devices


def check(rig: Path, *arguments: str) -> tuple[Result, dict[str, Any]]:
    files = ("--json", "out.json", "--junit", "out.xml", "--markdown", "out.md")
    result = tinydeploy("check", "--rig", rig.name, *files, *arguments, cwd=rig.parent)
    path = rig.parent / "out.json"
    return result, json.loads(path.read_text()) if path.exists() else {}


def without(rig: Path, key: str, device: BenchDevice | None = None) -> None:
    """Remove `key` from the rig file: from one device's table, or from all."""
    tables = rig.read_text().split("[[device]]")
    for at, table in enumerate(tables):
        if device is None or f'name = "{device.name}"' in table:
            tables[at] = re.sub(rf"^{key} = .*\n", "", table, flags=re.MULTILINE)
    rig.write_text("[[device]]".join(tables))


def test_each_pair_names_the_device_that_measured_it(bench: Bench) -> None:
    rig, devices = bench
    result, content = check(rig)
    assert result.exit_code == 0, result.err
    assert {pair["device"] for pair in content["pairs"]} == {device.name for device in devices}
    for pair in content["pairs"]:
        assert f"{pair['name']} [{pair['device']}]" in result.out
        assert f"{pair['name']} on {pair['device']}:" in (rig.parent / "out.xml").read_text()


def test_a_dead_board_is_recovered(bench: Bench) -> None:
    rig, devices = bench
    assert check(rig)[0].exit_code == 0
    for device, order in zip(devices, ("kill", "hang"), strict=True):
        assert device.tell(order) == ""
    result, content = check(rig)
    assert result.exit_code == 0, result.err
    assert [device["recovered"] for device in content["devices"]] == [1, 1]
    assert result.out.count("was power-cycled and flashed anew after: ") == 2


def test_a_board_beyond_recovery_is_marked_and_the_others_go_on(bench: Bench) -> None:
    rig, (dead, alive) = bench
    without(rig, "power_cycle", dead)
    assert check(rig)[0].exit_code == 0
    dead.tell("kill")
    result, content = check(rig)
    assert result.exit_code == 0, result.err
    assert {pair["device"] for pair in content["pairs"]} == {alive.name}
    assert f"device {dead.name} is bad: flashing {dead.name} failed" in result.out
    assert f"**device {dead.name}** is bad: " in (rig.parent / "out.md").read_text()
    properties = ET.parse(rig.parent / "out.xml").getroot().iter("property")
    values = {p.get("name"): p.get("value") or "" for p in properties}
    assert values[f"device {dead.name}"].startswith("bad: flashing")
    assert values[f"device {alive.name}"] == "good"


def test_no_board_is_left(bench: Bench) -> None:
    rig, devices = bench
    without(rig, "power_cycle")
    assert check(rig)[0].exit_code == 0
    for device in devices:
        device.tell("kill")
    result, content = check(rig)
    assert_refused(result, 10, "2 of 2 pairs failed")
    assert all(device["bad"] for device in content["devices"])
    for pair in content["pairs"]:
        (finding,) = pair["findings"]
        assert all(device.name in finding["message"] for device in devices)


def test_boards_that_are_not_connected(bench: Bench) -> None:
    rig, _ = bench
    without(rig, "power_cycle")
    rig.write_text(re.sub(r"socket://.*:", f"{rig.parent}/ttyNONE", rig.read_text()))
    result, content = check(rig)
    assert_refused(result, 15)
    assert "there is no port" in content["devices"][0]["bad"]
    project = rig.parent / "tinydeploy.toml"
    project.write_text(project.read_text().replace("samples", 'when_absent = "skip"\nsamples'))
    result, content = check(rig)
    assert [pair["status"] for pair in content["pairs"]] == ["skipped", "skipped"]


def test_boards_that_another_process_holds(bench: Bench) -> None:
    rig, _ = bench
    locks = [PortLock(device.port) for device in read_rig(rig).devices]
    assert all(lock.try_acquire() for lock in locks)
    result, content = check(rig, "--wait", "0.5")
    assert_refused(result, 16)
    (finding, *_) = content["pairs"][0]["findings"]
    assert f"process {os.getpid()}" in finding["message"]
    locks[0].release()
    assert check(rig)[0].exit_code == 0
    locks[1].release()


def test_firmware_that_is_not_the_wanted_one_is_not_the_boards_fault(bench: Bench) -> None:
    rig, devices = bench
    assert check(rig)[0].exit_code == 0
    # Without an uploader both boards keep what they run: neither model is on the other's board.
    (rig.parent / "a.tflite").write_bytes(small_int8(channels=9))
    (rig.parent / "b.tflite").write_bytes(small_int8(channels=17))
    without(rig, "upload")
    result, content = check(rig)
    assert_refused(result, 10)
    assert "runs another image" in result.out
    assert [device["bad"] for device in content["devices"]] == ["", ""]
    assert [device for device in devices if "power-cycle" in device.journal()] == []


def test_run_and_verify_on_a_rig(bench: Bench) -> None:
    rig, devices = bench
    for command in ("run", "verify"):
        result = tinydeploy(command, "a.tflite", "--board", BOARD, "--rig", rig, cwd=rig.parent)
        assert result.exit_code == 0, result.err
        assert f"Measured on {devices[0].name} of the rig." in result.out
    uploads = [event for event in devices[0].journal() if event.startswith("upload")]
    assert len(uploads) == 1  # what is on the board already is not flashed again


def test_a_board_that_the_rig_lacks(bench: Bench) -> None:
    rig, _ = bench
    result = tinydeploy("run", "a.tflite", "--board", "host", "--rig", rig, cwd=rig.parent)
    assert_refused(result, 15, "the rig has no host")
    project = rig.parent / "tinydeploy.toml"
    project.write_text('[[check]]\nmodel = "a.tflite"\nboards = ["host"]\nsamples = 2\n')
    result, content = check(rig)  # many boards in one project: those that are emulated still are
    assert result.exit_code == 0, result.err
    assert content["pairs"][0]["device"] is None


def test_settings_that_can_not_be_used(bench: Bench) -> None:
    rig, _ = bench
    result = tinydeploy(
        "run", "a.tflite", "--board", BOARD, "--rig", rig, "--port", "COM3", cwd=rig.parent
    )
    assert_refused(result, 2, "--port and --rig")
    rig.write_text(rig.read_text().replace(BOARD, "qemu_cortex_m5"))
    for command in ("check", "run", "verify"):
        model = [] if command == "check" else ["a.tflite", "--board", BOARD]
        result = tinydeploy(command, *model, "--rig", rig, cwd=rig.parent)
        assert_refused(result, 2, "rig.toml: device 1: there is no board", "qemu_cortex_m4")


def test_an_interrupted_check_frees_its_boards(bench: Bench) -> None:
    rig, devices = bench
    assert check(rig)[0].exit_code == 0
    for device in devices:
        device.tell("hang")  # so that the check is waiting when it is interrupted
    command = [*COMMAND, "check", "--rig", str(rig)]
    with subprocess.Popen(
        command,
        cwd=rig.parent,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        locks = [PortLock(device.port) for device in read_rig(rig).devices]
        deadline = time.monotonic() + 30
        while any(lock.holder() is None for lock in locks):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()
    assert all(lock.try_acquire() for lock in locks)
    for lock in locks:
        lock.release()


def test_two_checks_at_once_while_boards_die(tmp_path: Path) -> None:
    result = soak(tmp_path, devices=8, models=2, rounds=2, runs_between=(1, 4))
    assert result.broken == ()
    assert len(result.runs) == 2 * 2 * 2
    assert result.kills > 0
