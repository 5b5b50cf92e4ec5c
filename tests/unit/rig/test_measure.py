"""What happens to a device, and to a pair, when a measurement fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.device.serial_link import FirmwareError
from tinydeploy.errors import AbsentError, DeviceError, TinydeployError, ToolMissingError
from tinydeploy.pipeline import Built, Samples
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.locks import LOCK_VARIABLE
from tinydeploy.rig.measure import DeviceRun, measure_on_rig
from tinydeploy.rig.settings import Device, Rig

BOARD = load_board("qemu_cortex_m4")
NAMES = ("one", "two", "three")
# What nothing here looks into.
BUILT = cast("Built", SimpleNamespace(compiled=SimpleNamespace(board=BOARD), result=None))
SAMPLES = cast("Samples", None)


@pytest.fixture(autouse=True)
def _own_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(LOCK_VARIABLE, str(tmp_path / "locks"))


def make_bench(power_cycle: tuple[str, ...] = ()) -> Bench:
    devices = (Device(n, BOARD, f"loop://{n}", Path(), power_cycle=power_cycle) for n in NAMES)
    return Bench(Rig(tuple(devices)), wait_s=20)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Make the next measurements end with these errors, then succeed; returns the ports used."""

    def install(*errors: TinydeployError) -> list[str]:
        ports: list[str] = []
        left = list(errors)

        def measure(_built: Any, _samples: Any, port: str, _step: Any) -> tuple[str, str]:
            ports.append(port.removeprefix("loop://"))
            if left:
                raise left.pop(0)
            return "measurement", "verification"

        monkeypatch.setattr(pipeline, "measure", measure)
        return ports

    return install


def run(bench: Bench) -> DeviceRun:
    return measure_on_rig(bench, BUILT, SAMPLES)


def bad(bench: Bench) -> list[str]:
    return [state.name for state in bench.states() if state.bad]


def test_a_device_is_tried_twice(failing: Callable[..., list[str]]) -> None:
    bench, ports = make_bench(("true",)), failing(DeviceError("it stays silent"))
    result = run(bench)
    assert ports == ["one", "one"]
    assert result.device == "one"
    assert result.notes == ("one was power-cycled after: it stays silent",)
    (state, *_) = bench.states()
    assert (state.measured, state.recovered, state.bad) == (1, 1, "")


def test_a_device_that_fails_twice_is_bad_and_another_takes_over(
    failing: Callable[..., list[str]],
) -> None:
    bench, ports = make_bench(), failing(DeviceError("silent"), DeviceError("still silent"))
    result = run(bench)
    assert ports == ["one", "one", "two"]
    assert result.device == "two"
    assert result.notes == ("one is bad: silent; then: still silent",)
    assert bad(bench) == ["one"]


def test_a_model_that_brings_down_two_devices_is_not_let_near_a_third(
    failing: Callable[..., list[str]],
) -> None:
    bench, ports = make_bench(), failing(*[DeviceError("silent")] * 4)
    with pytest.raises(DeviceError, match=r"one is bad: .*; two is bad: "):
        run(bench)
    assert ports == ["one", "one", "two", "two"]
    assert run(bench).device == "three"


@pytest.mark.parametrize(
    ("errors", "kind"),
    [
        ([DeviceError("silent"), AbsentError("gone")] * 2, DeviceError),
        ([DeviceError("silent")] * 2 + [AbsentError("gone")] * 2, DeviceError),
        ([AbsentError("gone")] * 4, AbsentError),
    ],
)
def test_devices_that_were_hung_first_are_not_merely_absent(
    failing: Callable[..., list[str]], errors: list[TinydeployError], kind: type[TinydeployError]
) -> None:
    """A gate that skips absent boards would let such a model pass."""
    failing(*errors)
    with pytest.raises(TinydeployError) as caught:
        run(make_bench())
    assert type(caught.value) is kind


def test_a_fault_of_the_firmware_is_not_the_devices(failing: Callable[..., list[str]]) -> None:
    bench, ports = make_bench(), failing(FirmwareError("the firmware stopped: stack overflow"))
    with pytest.raises(FirmwareError, match="one: the firmware stopped"):
        run(bench)
    assert ports == ["one"]
    assert bad(bench) == []


def test_a_power_switch_that_fails_makes_the_device_bad(
    failing: Callable[..., list[str]],
) -> None:
    bench, _ = make_bench(("false",)), failing(DeviceError("silent"))
    result = run(bench)
    assert result.device == "two"
    assert "silent; then: power-cycling one failed: false ended with" in result.notes[0]


def test_a_missing_program_is_no_fault_of_the_device(failing: Callable[..., list[str]]) -> None:
    bench = make_bench(("no-such-program",))
    failing(DeviceError("silent"))
    with pytest.raises(ToolMissingError, match="no-such-program"):
        run(bench)
    assert bad(bench) == []
