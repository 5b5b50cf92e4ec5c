from __future__ import annotations

from pathlib import Path

import pytest

from tinydeploy.boards import load_board
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
