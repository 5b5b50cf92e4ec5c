"""rig.toml: what it means, and what it may not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinydeploy.boards import load_board
from tinydeploy.errors import UsageError
from tinydeploy.rig.settings import read_rig

LEFT = '[[device]]\nname = "left"\nboard = "qemu_cortex_m4"\nport = "/dev/ttyACM0"\n'
RIGHT = '[[device]]\nname = "right"\nboard = "host"\nport = "socket://127.0.0.1:7000"\n'


def rig_file(folder: Path, text: str) -> Path:
    path = folder / "rig.toml"
    path.write_text(text)
    return path


def test_devices_are_found_by_board(tmp_path: Path) -> None:
    rig = read_rig(rig_file(tmp_path, LEFT + RIGHT))
    assert [device.name for device in rig.devices] == ["left", "right"]
    assert [device.name for device in rig.of_board(load_board("host"))] == ["right"]
    assert rig.of_board(load_board("qemu_cortex_m7")) == ()


@pytest.mark.parametrize(
    ("value", "command"),
    [
        ('["relay", "3", "cycle"]', ("relay", "3", "cycle")),
        (
            '{ hub = "1-1.4", port = 2 }',
            ("uhubctl", "--action", "cycle", "--location", "1-1.4", "--ports", "2"),
        ),
        (
            '{ labgrid_place = "m4-left" }',
            ("labgrid-client", "--place", "m4-left", "power", "cycle"),
        ),
    ],
)
def test_ways_to_cycle_power(tmp_path: Path, value: str, command: tuple[str, ...]) -> None:
    (device,) = read_rig(rig_file(tmp_path, f"{LEFT}power_cycle = {value}\n")).devices
    assert device.power_cycle == command


def test_a_board_file_lies_beside_the_rig_file(tmp_path: Path) -> None:
    board = Path(__file__).parents[3] / "boards" / "qemu_cortex_m4.toml"
    (tmp_path / "ours.toml").write_text(board.read_text())
    (device,) = read_rig(
        rig_file(tmp_path, LEFT.replace('"qemu_cortex_m4"', '"ours.toml"'))
    ).devices
    assert device.board.id == "ours"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", r"names no \[\[device\]\]"),
        ("[device]\n", r"must be written \[\[device\]\]"),
        ("devices = 1\n", "unknown key 'devices'"),
        ("[[device\n", "not valid TOML"),
        (LEFT + 'prot = "x"\n', "device 1: unknown key 'prot'"),
        (LEFT.replace('name = "left"\n', ""), "key 'name' is missing"),
        (LEFT.replace('"left"', '"the left one"'), "'name' is 'the left one'"),
        (LEFT.replace('"/dev/ttyACM0"', '" "'), "'port' is empty"),
        (LEFT.replace("cortex_m4", "cortex_m5"), "device 1: there is no board 'qemu_cortex_m5'"),
        (LEFT.replace('"qemu_cortex_m4"', '"no.toml"'), "no.toml can't be read"),
        (LEFT + RIGHT.replace('"right"', '"left"'), "the name 'left' of device 'left' is also"),
        (
            LEFT + RIGHT.replace("socket://127.0.0.1:7000", "/dev/./ttyACM0"),
            "the port '/dev/./ttyACM0' of device 'right' is also that of 'left'",
        ),
        (LEFT + 'probe = "066F"\n' + RIGHT + 'probe = "066F"\n', "the probe '066F'"),
        (LEFT + 'probe = "a; reboot"\n', "no serial number"),
        (LEFT + 'upload = ["openocd", "{efl}"]\n', r"'upload' holds \{efl\}"),
        (LEFT + 'upload = ["openocd", "{probe}"]\n', "'probe' is missing"),
        (LEFT + 'power_cycle = "reboot"\n', "neither a list of strings nor a table"),
        (LEFT + "power_cycle = [1]\n", "neither a list of strings nor a table"),
        (LEFT + 'power_cycle = { hub = "1-1" }\n', "key 'power_cycle.port' is missing"),
        (LEFT + "power_cycle = { place = 1 }\n", "unknown key 'power_cycle.place'"),
    ],
)
def test_bad_rig_files_are_explained(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_rig(rig_file(tmp_path, text))
    assert "rig.toml" in caught.value.message
    assert caught.value.hint


def test_a_rig_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        read_rig(tmp_path / "rig.toml")
