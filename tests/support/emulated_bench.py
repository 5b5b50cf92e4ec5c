"""A rig of emulated devices, and how its results tell which device they came from."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import emulated_device
from tests.support.command_line import environment

BOARD = "qemu_cortex_m4"
SHIFT_OF_BOARD = 8
_SHIFTS = range(3, 11)
_START_S = 20


@dataclass(frozen=True, slots=True)
class BenchDevice:
    """One emulated device, which counts `clock` times as many ticks as its board should."""

    name: str
    folder: Path
    clock: float

    def tell(self, order: str) -> str:
        return emulated_device.tell(self.folder, order)

    def journal(self) -> list[str]:
        return (self.folder / "journal").read_text().splitlines()


@contextmanager
def emulated_bench(folder: Path, count: int) -> Iterator[tuple[Path, list[BenchDevice]]]:
    """(rig file, devices): up to eight devices, each with a clock of its own."""
    with ExitStack() as stack:
        devices = [_start(stack, folder, shift) for shift in _SHIFTS[-count:]]
        rig = folder / "rig.toml"
        rig.write_text("".join(_table(device) for device in devices))
        yield rig, devices


def _start(stack: ExitStack, bench: Path, shift: int) -> BenchDevice:
    folder = bench / f"d{shift}"
    folder.mkdir()
    (folder / "journal").touch()
    module = ["-m", "tests.support.emulated_device"]
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, *module, "serve", str(folder), BOARD, str(shift)],
            stdin=subprocess.PIPE,
            env=environment(),
        )
    )
    assert process.stdin is not None
    stack.callback(process.stdin.close)
    deadline = time.monotonic() + _START_S
    while not (folder / "port").exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return BenchDevice(folder.name, folder, 2.0 ** (shift - SHIFT_OF_BOARD))


def _table(device: BenchDevice) -> str:
    port = (device.folder / "port").read_text()
    tell = f'["{sys.executable}", "-S", "{emulated_device.__file__}", "tell", "{device.folder}"'
    return f"""
[[device]]
name = "{device.name}"
board = "{BOARD}"
port = "socket://127.0.0.1:{port}"
upload = {tell}, "upload", "{{elf}}"]
power_cycle = {tell}, "power-cycle"]
"""
