"""What the user hears when a board fails in the middle of a session."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.dummy import MISHAP_RESTART, MISHAP_TRAP, build_dummy, inputs, outputs
from tinydeploy.boards import Board, load_board
from tinydeploy.device.emulator import run_emulator
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.serial_link import SerialLink
from tinydeploy.device.session import open_device
from tinydeploy.errors import AbsentError, DeviceError, ToolMissingError

pytestmark = pytest.mark.emulated
Builder = Callable[[str], BuildResult]
NUCLEO = load_board("nucleo_f446re")
FAULTING = ["qemu_cortex_m0", "qemu_cortex_m4", "qemu_cortex_m33", "qemu_cortex_m55"]


@pytest.mark.parametrize("board_id", [*FAULTING, "stm32vldiscovery", "qemu_riscv32"])
def test_fault_is_reported_with_its_address(built: Builder, board_id: str) -> None:
    with open_device(load_board(board_id), built(board_id)) as device:
        assert device.invoke(inputs()).outputs == outputs()
        with pytest.raises(DeviceError, match=r"the firmware stopped: .* at 0x[0-9a-f]{8}"):
            device.invoke(inputs(mishap=MISHAP_TRAP))


@pytest.mark.parametrize("board_id", [*FAULTING, "netduinoplus2", "stm32vldiscovery"])
def test_stack_overflow_is_reported(built: Builder, board_id: str) -> None:
    board = load_board(board_id)
    too_much = board.memory.stack_bytes + 4096
    with (
        open_device(board, built(board_id)) as device,
        pytest.raises(DeviceError, match=r"stack overflow|whole stack"),
    ):
        device.invoke(inputs(stack_bytes=too_much))


def test_clock_that_does_not_start_is_reported(tmp_path: Path) -> None:
    """QEMU's STM32F405 has no PLL: the firmware says so at the clock that it does have."""
    board = load_board("netduinoplus2")
    pll = {name: value for name, value in NUCLEO.build.defines.items() if "UART" not in name}
    build = dataclasses.replace(
        board.build,
        hal=tuple(source.replace("clock_reset", "clock_f4") for source in board.build.hal),
        defines={**pll, **board.build.defines},
    )
    board = dataclasses.replace(board, build=build)
    result = build_dummy(board, tmp_path / "p")
    with (
        pytest.raises(DeviceError, match=r"clock that does not start at .*, detail 0x40023800"),
        open_device(board, result),
    ):
        pass


def test_crash_of_the_host_program_is_reported(built: Builder) -> None:
    with (
        open_device(load_board("host"), built("host")) as device,
        pytest.raises(DeviceError, match=r"was killed by SIG(ILL|TRAP|ABRT)"),
    ):
        device.invoke(inputs(mishap=MISHAP_TRAP))


def test_restart_in_the_middle_of_a_session_is_noticed(built: Builder) -> None:
    board = load_board("qemu_cortex_m4")
    with (
        open_device(board, built(board.id)) as device,
        pytest.raises(DeviceError, match="the device restarted"),
    ):
        device.invoke(inputs(mishap=MISHAP_RESTART))


def test_killed_emulator_is_reported_and_quickly(built: Builder) -> None:
    board = load_board("qemu_cortex_m4")
    result = built(board.id)
    with run_emulator(board, result.elf) as emulator:
        link = SerialLink(emulator.port, explain_end=emulator.explain_end)
        link.hello()
        threading.Timer(0.2, os.kill, (emulator.process.pid, signal.SIGKILL)).start()
        started = time.monotonic()
        with pytest.raises(DeviceError, match="qemu-system-arm was killed by SIGKILL"):
            all(link.hello() for _ in range(1000))
        assert time.monotonic() - started < 5


def test_emulator_ends_with_the_session_even_after_an_exception(built: Builder) -> None:
    board = load_board("qemu_cortex_m4")
    result = built(board.id)

    class StopError(Exception):
        pass

    with pytest.raises(StopError), run_emulator(board, result.elf) as emulator:
        raise StopError
    assert emulator.process.returncode == -signal.SIGKILL


KEEPS_AN_EMULATOR = """
import sys, time
from pathlib import Path
from tinydeploy.boards import load_board
from tinydeploy.device.emulator import run_emulator
with run_emulator(load_board("qemu_cortex_m4"), Path(sys.argv[1])) as emulator:
    print(emulator.process.pid, flush=True)
    time.sleep(60)
"""


def has_ended(pid: int) -> bool:
    """Whether the process is gone, or only waits to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills orphans on request")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_emulator_ends_when_its_parent_is_killed(built: Builder, how: signal.Signals) -> None:
    command = [sys.executable, "-c", KEEPS_AN_EMULATOR, str(built("qemu_cortex_m4").elf)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        emulator_pid = int(parent.stdout.readline())
        parent.send_signal(how)
        parent.wait(10)
    deadline = time.monotonic() + 10
    while not has_ended(emulator_pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert has_ended(emulator_pid)


def test_another_image_on_the_device_is_refused(built: Builder) -> None:
    board = load_board("host")
    other = dataclasses.replace(built("host"), digest="0" * 32)
    with pytest.raises(DeviceError, match="runs another image"), open_device(board, other):
        pass


def without_emulator(board: Board) -> Board:
    assert board.emulator is not None
    return dataclasses.replace(
        board, emulator=dataclasses.replace(board.emulator, program="qemu-system-nowhere")
    )


def test_missing_emulator_is_named_with_its_package(built: Builder) -> None:
    board = without_emulator(load_board("qemu_cortex_m4"))
    with pytest.raises(ToolMissingError) as caught, open_device(board, built(board.id)):
        pass
    assert "qemu-system-nowhere" in caught.value.message
    assert "apt-get install qemu-system-arm" in caught.value.hint


def test_port_that_is_not_there(built: Builder, tmp_path: Path) -> None:
    missing = str(tmp_path / "ttyNONE")
    with (
        pytest.raises(AbsentError, match=r"there is no port .*ttyNONE"),
        open_device(load_board("host"), built("host"), port=missing),
    ):
        pass
