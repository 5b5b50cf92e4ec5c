"""Leasing devices among the threads of one process."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tinydeploy.boards import load_board
from tinydeploy.errors import AbsentError, BusyError, DeviceError, TinydeployError
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.locks import LOCK_VARIABLE, PortLock
from tinydeploy.rig.settings import Device, Rig

BOARD = load_board("qemu_cortex_m4")
NAMES = ("left", "right")


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "locks"))


def bench(wait_s: float = 20, names: tuple[str, ...] = NAMES) -> Bench:
    devices = tuple(Device(name, BOARD, f"loop://{name}", Path()) for name in names)
    return Bench(Rig(devices), wait_s)


def test_two_leases_are_two_devices() -> None:
    both = bench()
    with both.lease(BOARD) as one, both.lease(BOARD) as other:
        assert {one.name, other.name} == set(NAMES)


def test_a_device_that_another_holds_is_left_alone() -> None:
    lock = PortLock("loop://left")
    assert lock.try_acquire()
    both = bench()
    for _ in range(4):
        with both.lease(BOARD) as device:
            assert device.name == "right"
    lock.release()


def test_the_wait_for_others_ends_and_names_them() -> None:
    locks = [PortLock(f"loop://{name}") for name in NAMES]
    assert all(lock.try_acquire() for lock in locks)
    steps: list[str] = []
    with (
        pytest.raises(BusyError, match=r"in use for 0 s: left, held by .*, right, held by "),
        bench(wait_s=0.3).lease(BOARD, lambda what, done: steps.append(what)),
    ):
        pass
    assert "waiting for left, held by" in steps[0]
    for lock in locks:
        lock.release()


def test_waiting_for_our_own_threads_never_times_out() -> None:
    one = bench(wait_s=0.2, names=("left",))
    got = threading.Event()

    def work() -> None:
        with one.lease(BOARD):
            got.set()

    with one.lease(BOARD):
        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(1)  # five times as long as others would be waited for
        assert not got.is_set()
    thread.join(10)
    assert got.is_set()


def test_others_get_their_turn() -> None:
    busy, other = bench(names=("left",)), bench(names=("left",))  # two locks, as of two processes
    turns: list[float] = []
    most = 1000

    def work() -> None:
        while len(turns) < most:
            with busy.lease(BOARD):
                turns.append(time.monotonic())

    thread = threading.Thread(target=work)
    thread.start()
    with other.lease(BOARD):
        seen, most = len(turns), 0
    assert seen < 20
    thread.join(10)


def test_a_lease_ends_with_an_exception() -> None:
    one = bench(names=("left",))
    with pytest.raises(ValueError, match="here"), one.lease(BOARD):
        raise ValueError("here")
    with one.lease(BOARD):
        pass


def test_a_bad_device_is_used_no_more() -> None:
    both = bench()
    with both.lease(BOARD) as device:
        both.mark_bad(device, DeviceError("it stays silent"))
    with both.lease(BOARD) as other:
        assert other.name != device.name
    bad = [state for state in both.states() if state.bad]
    assert [(state.name, state.bad) for state in bad] == [(device.name, "it stays silent")]


@pytest.mark.parametrize(
    ("second", "kind"), [(AbsentError("no port"), AbsentError), (DeviceError("dead"), DeviceError)]
)
def test_no_device_is_left(second: TinydeployError, kind: type[TinydeployError]) -> None:
    both = bench()
    for error in (AbsentError("no port"), second):
        with both.lease(BOARD) as device:
            both.mark_bad(device, error)
    with (
        pytest.raises(kind, match=f"left: no port; right: {second.message}") as caught,
        both.lease(BOARD),
    ):
        pass
    assert caught.type is kind


def test_a_board_that_the_rig_lacks() -> None:
    with pytest.raises(AbsentError, match="the rig has no host"), bench().lease(load_board("host")):
        pass
