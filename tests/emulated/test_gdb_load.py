"""Firmware loaded through a real GDB server (QEMU's) into a machine that had none."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.bare_emulator import bare_emulator
from tests.support.dummy import inputs, outputs
from tinydeploy.boards import load_board
from tinydeploy.device.gdb_load import load_firmware
from tinydeploy.device.gdb_remote import connect
from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.session import open_device
from tinydeploy.errors import DeviceError

pytestmark = pytest.mark.emulated
Builder = Callable[[str], BuildResult]
RESET = ("system_reset",)


@pytest.mark.parametrize(
    "board_id", ["qemu_cortex_m4", "qemu_cortex_m0", "netduinoplus2", "qemu_riscv32"]
)
def test_firmware_that_was_loaded_answers_with_its_digest(built: Builder, board_id: str) -> None:
    board, build = load_board(board_id), built(board_id)
    with bare_emulator(board) as emulator:
        load_firmware(emulator.gdb, build.elf, RESET)
        with open_device(board, build, emulator.port) as device:
            assert device.info.firmware_digest == build.digest
            assert device.invoke(inputs()).outputs == outputs()


def test_loading_replaces_a_running_firmware(built: Builder) -> None:
    board, build = load_board("qemu_cortex_m4"), built("qemu_cortex_m4")
    with bare_emulator(board) as emulator:
        for _ in range(2):
            load_firmware(emulator.gdb, build.elf, RESET)
            with open_device(board, build, emulator.port) as device:
                assert device.invoke(inputs()).outputs == outputs()


def test_memory_that_is_not_there_is_named(built: Builder) -> None:
    """The firmware of another machine: its flash is no memory of this one."""
    message = r"memory at 0x800000\d doesn't hold"
    with (
        bare_emulator(load_board("qemu_cortex_m4")) as emulator,
        pytest.raises(DeviceError, match=message),
    ):
        load_firmware(emulator.gdb, built("netduinoplus2").elf, RESET)


def test_memory_is_written_and_read_in_many_packets() -> None:
    data = bytes(range(256)) * 40
    with bare_emulator(load_board("qemu_cortex_m4")) as emulator, connect(emulator.gdb) as remote:
        assert len(data) > remote.packet_bytes
        remote.write_memory(0x20000100, data)
        assert remote.read_memory(0x20000100, len(data)) == data
