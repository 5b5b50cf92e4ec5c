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
_START_S = 20


@dataclass(frozen=True, slots=True)
class BenchDevice:
    """One emulated device; an inference on it takes `number` bytes of stack more than it should."""

    name: str
    folder: Path
    number: int

    def tell(self, order: str) -> str:
        return emulated_device.tell(self.folder, order)

    def journal(self) -> list[str]:
        return (self.folder / "journal").read_text().splitlines()


@contextmanager
def emulated_bench(folder: Path, count: int) -> Iterator[tuple[Path, list[BenchDevice]]]:
    """(rig file, devices), which are called d1, d2, …"""
    with ExitStack() as stack:
        devices = [_start(stack, folder, number) for number in range(1, count + 1)]
        rig = folder / "rig.toml"
        rig.write_text("".join(_table(device) for device in devices))
        yield rig, devices


def _start(stack: ExitStack, bench: Path, number: int) -> BenchDevice:
    folder = bench / f"d{number}"
    folder.mkdir()
    (folder / "journal").touch()
    module = ["-m", "tests.support.emulated_device"]
    process = stack.enter_context(
        subprocess.Popen(
            [sys.executable, *module, "serve", str(folder), BOARD, str(number)],
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
    return BenchDevice(folder.name, folder, number)


def _table(device: BenchDevice) -> str:
    port = (device.folder / "port").read_text()
    tell = f'["{sys.executable}", "{emulated_device.__file__}", "tell", "{device.folder}"'
    return f"""
[[device]]
name = "{device.name}"
board = "{BOARD}"
port = "socket://127.0.0.1:{port}"
upload = {tell}, "upload", "{{elf}}"]
power_cycle = {tell}, "power-cycle"]
"""
