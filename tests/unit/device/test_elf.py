from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tinydeploy.boards import load_board
from tinydeploy.boards.memory import NamedRegion
from tinydeploy.device.elf import read_sizes
from tinydeploy.device.layout import read_layout
from tinydeploy.errors import BuildError


@pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF" + bytes(60), b"text"])
def test_a_damaged_file_is_a_build_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "firmware.elf").write_bytes(content)
    with pytest.raises(BuildError, match="can't be read"):
        read_sizes(tmp_path / "firmware.elf")
    with pytest.raises(BuildError, match="can't be read"):
        read_sizes(tmp_path / "missing.elf")
    memory = load_board("qemu_cortex_m55").memory
    with pytest.raises(BuildError, match="can't be read"):
        read_layout(tmp_path / "firmware.elf", memory)


FRAMEWORK_FIRMWARE = """
__attribute__((section(".flash.rodata"))) int weights[1000] = {1};
static char tdrt_stack[2048];
char arena[512];
int _start(void) { return tdrt_stack[weights[0]] + arena[0]; }
"""


def test_of_a_frameworks_firmware_what_is_writable_in_flash_is_no_ram(tmp_path: Path) -> None:
    """As ESP-IDF links: the weights' section is marked as writable, and our stack is in .bss."""
    (tmp_path / "f.c").write_text(FRAMEWORK_FIRMWARE)
    addresses = ("--section-start=.flash.rodata=0x3c000000", "-Tbss=0x3fc88000")
    command = ["arm-none-eabi-gcc", "-nostdlib", "f.c", "-o", "f.elf"]
    command += [f"-Wl,{address}" for address in addresses]
    subprocess.run(command, cwd=tmp_path, check=True)
    ram = NamedRegion("RAM", "ram", 0x3FC88000, 0x50000, "equal")
    sizes = read_sizes(tmp_path / "f.elf", [ram])
    assert (sizes.static_bytes, sizes.stack_reserved_bytes) == (512, 2048)
    assert read_sizes(tmp_path / "f.elf").static_bytes == 512 + 4000
