"""Loading through a GDB server that has flash, is slow to agree, or refuses."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.device.fake_gdb_server import (
    BLOCK_BYTES,
    FLASH_START,
    RAM_START,
    FakeGdbServer,
    serve,
)
from tinydeploy.device.elf import Segment
from tinydeploy.device.gdb_load import blocks_to_erase, load_firmware, split_by_region
from tinydeploy.device.gdb_memory_map import FlashRegion, MemoryMapError, parse_memory_map
from tinydeploy.device.gdb_packets import encode_packet, escape, take_packet
from tinydeploy.device.gdb_remote import server_url
from tinydeploy.errors import AbsentError, BuildError, DeviceError

CODE = bytes(i * 7 % 256 for i in range(2500))  # every byte that must be escaped is in it
DATA = b"\x01\x02}#$*"
CODE_ADDRESS, DATA_ADDRESS = FLASH_START + 0x100, FLASH_START + 0x100 + len(CODE)


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    """Two segments in flash, the second right behind the first, and one in RAM."""
    path = tmp_path / "firmware.elf"
    segments = [(CODE_ADDRESS, CODE), (DATA_ADDRESS, DATA), (RAM_START, b"in RAM")]
    path.write_bytes(elf_file(segments))
    return path


def elf_file(segments: Sequence[tuple[int, bytes]]) -> bytes:
    """A 32-bit Arm ELF file with these segments and nothing else."""
    headers, contents, offset = b"", b"", 52 + 32 * len(segments)
    for address, data in segments:
        headers += struct.pack("<8I", 1, offset, address, address, len(data), len(data), 5, 4)
        contents += data
        offset += len(data)
    ident = b"\x7fELF\1\1\1".ljust(16, b"\0")
    head = struct.pack("<2H5I6H", 2, 40, 1, 0, 52, 0, 0, 52, 32, len(segments), 40, 0, 0)
    return ident + head + headers + contents


@pytest.mark.parametrize("features", ["", ";QStartNoAckMode+", ";PacketSize=4000"])
def test_flash_is_erased_written_and_read_back(elf: Path, features: str) -> None:
    fake = FakeGdbServer()
    fake.features += features
    with serve(fake):
        load_firmware(fake.address, elf, ["reset halt"])
    start = CODE_ADDRESS - FLASH_START
    assert fake.flash[start : start + len(CODE) + len(DATA)] == CODE + DATA
    assert fake.ram[:6] == b"in RAM"
    assert fake.running
    # The blocks that the firmware touches were erased once; what lies behind them is untouched.
    assert sum(r.startswith(b"vFlashErase") for r in fake.requests) == 1
    assert fake.flash[3 * BLOCK_BYTES :] == bytes(len(fake.flash) - 3 * BLOCK_BYTES)
    resets = [
        i for i, r in enumerate(fake.requests) if r == b"qRcmd," + b"reset halt".hex().encode()
    ]
    assert resets[0] < fake.requests.index(b"vFlashDone") < resets[1]
    assert fake.requests[-1] == b"c"


def test_damaged_answers_are_asked_for_again(elf: Path) -> None:
    with serve(FakeGdbServer(damaged_answers=2)) as fake:
        load_firmware(fake.address, elf, [])
    assert fake.damaged_answers == 0
    assert fake.running


REFUSALS = {
    "erase": ({"vFlashErase": "E05"}, r"answered 'vFlashErase:8000000,c00' with 'E05'"),
    "write": ({"vFlashWrite": "E.memtype"}, r"'vFlashWrite.* with 'E.memtype'"),
    "done": ({"vFlashDone": "E01"}, "'vFlashDone' with 'E01'"),
    "command": ({"qRcmd": "E01"}, "'monitor reset halt' with 'E01'"),
    "no commands": ({"qRcmd": ""}, "'monitor reset halt' with that it doesn't know this"),
    "memory": ({"M": "E0e"}, "with 'E0e'"),
    "reading": ({"m": "E0e"}, "with 'E0e'"),
    "reading too much": ({"m": "00" * 200}, "with '0000"),
    "start": ({"c": "T05"}, "'continue' with 'T05'"),
    "map": ({"qXfer": "E00"}, "'qXfer:memory-map"),
    "map without end": ({"qXfer": "m"}, "'qXfer:memory-map"),
    "map of junk": ({"qXfer": "l<memory-map"}, "memory map of .* can't be used"),
    "protected": ({"vFlashWrite": "OK"}, r"memory at 0x8000100 doesn't hold"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_refusals_are_said(elf: Path, case: str) -> None:
    refused, said = REFUSALS[case]
    with serve(FakeGdbServer(refused)) as fake, pytest.raises(DeviceError, match=said):
        load_firmware(fake.address, elf, ["reset halt"])


def test_the_servers_own_words_are_shown(elf: Path) -> None:
    fake = FakeGdbServer({"vFlashDone": "E01"}, console="flash is locked\n")
    with serve(fake), pytest.raises(DeviceError, match=r"'E01': flash is locked$"):
        load_firmware(fake.address, elf, [])


def test_what_the_server_says_on_the_way_is_no_answer(elf: Path) -> None:
    with serve(FakeGdbServer(console="writing\n")) as fake:
        load_firmware(fake.address, elf, [])
    assert fake.running


def test_a_server_that_never_falls_silent_keeps_nobody(elf: Path) -> None:
    fake = FakeGdbServer(console="still here\n" * 10, floods=True)
    fake.running = False
    with serve(fake):
        load_firmware(fake.address, elf, [])
    assert fake.running


def test_no_server_and_no_gdb_server(elf: Path) -> None:
    with pytest.raises(AbsentError, match="nobody answers at socket://localhost:1"):
        load_firmware(":1", elf, [])


def test_file_without_anything_to_load(tmp_path: Path) -> None:
    (tmp_path / "firmware.elf").write_bytes(elf_file([]))
    with pytest.raises(BuildError, match="holds nothing to load"):
        load_firmware(":1", tmp_path / "firmware.elf", [])


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ("localhost:3333", "socket://localhost:3333"),
        (":3333", "socket://localhost:3333"),
        ("10.0.0.7:2331", "socket://10.0.0.7:2331"),
        ("[::1]:3333", "socket://[::1]:3333"),
        ("/dev/ttyACM0", "/dev/ttyACM0"),
        ("COM3", "COM3"),
        ("rfc2217://lab:2217", "rfc2217://lab:2217"),
    ],
)
def test_a_server_is_a_tcp_port_or_a_serial_port(server: str, url: str) -> None:
    assert server_url(server) == url


@given(data=st.binary(max_size=60), before=st.sampled_from([b"", b"+", b"++-", b"%Stop:T05#a2"]))
def test_packets_come_back_whole(data: bytes, before: bytes) -> None:
    whole = before + encode_packet(escape(data))
    buffer = bytearray(whole + b"$next")
    packet = take_packet(buffer)
    assert packet is not None
    assert packet.is_sound
    assert packet.body == data
    assert buffer == b"$next"
    for cut in range(len(before), len(whole)):
        assert take_packet(bytearray(whole[:cut])) is None


def test_run_lengths_are_expanded_and_damage_is_seen() -> None:
    packet = take_packet(bytearray(b"$0* x#f2"))
    assert packet is not None
    assert (packet.body, packet.is_sound) == (b"0000x", True)
    packet = take_packet(bytearray(b"$OK#9b"))
    assert packet is not None
    assert not packet.is_sound


REGION = FlashRegion(0x1000, 0x1000, 0x100)
NEXT = FlashRegion(0x2000, 0x8000, 0x4000)


def test_segments_are_split_where_flash_begins_and_ends() -> None:
    segment = Segment(0xFFC, bytes(range(256)) * 17)  # up to 0x20fc
    parts = split_by_region(segment, [REGION, NEXT])
    assert [(p.address, p.end, home) for p, home in parts] == [
        (0xFFC, 0x1000, None),
        (0x1000, 0x2000, REGION),
        (0x2000, 0x20FC, NEXT),
    ]
    assert b"".join(part.data for part, _ in parts) == segment.data


def test_each_block_is_erased_once() -> None:
    pieces = [
        (Segment(0x1010, b"x" * 0x20), REGION),
        (Segment(0x1080, b"x" * 0x100), REGION),
        (Segment(0x1F00, b"x" * 0x100), REGION),
        (Segment(0x2000, b"x"), NEXT),
    ]
    assert blocks_to_erase(reversed(pieces)) == [
        (0x1000, 0x1200),
        (0x1F00, 0x2000),
        (0x2000, 0x6000),
    ]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"<memory-map><memory type='flash' start='x' length='1'/></memory-map>",
        b"<memory-map><memory type='flash' start='0' length='0x100'/></memory-map>",
        (
            b"<memory-map><memory type='flash' start='0' length='0x100'>"
            b"<property name='blocksize'>0</property></memory></memory-map>"
        ),
    ],
)
def test_memory_maps_that_make_no_sense(text: bytes) -> None:
    with pytest.raises(MemoryMapError):
        parse_memory_map(text)
