"""Board files: the ones that come with tinydeploy, and how wrong ones are refused."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from tinydeploy.boards import (
    Board,
    Build,
    Counter,
    Emulator,
    Enable,
    Framework,
    Memory,
    NamedRegion,
    Serial,
    Timing,
    Usb,
    all_boards,
    load_board,
)
from tinydeploy.errors import BoardError
from tinydeploy.resources import boards_dir
from tinydeploy.uploaders import UPLOADERS, Upload, Uploader

DOCS = Path(__file__).parents[2] / "docs" / "boards.md"
IDS = [board.id for board in all_boards()]


def test_the_boards_cover_the_families_that_are_promised() -> None:
    real = [board for board in all_boards() if not board.id.startswith(("host", "qemu_"))]
    assert len(real) >= 28
    assert len({board.family for board in real}) >= 18


@pytest.mark.parametrize("board_id", IDS)
def test_board_file_is_short_and_readable_by_id_and_by_path(board_id: str) -> None:
    path = boards_dir() / f"{board_id}.toml"
    assert load_board(board_id) == load_board(str(path))
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 50


BARE = [board for board in all_boards() if board.framework is None]
RICHEST = {"cortex-m4": "dsp", "cortex-m7": "dsp", "cortex-m33": "dsp", "cortex-m55": "mve"}


@pytest.mark.parametrize("board", BARE, ids=lambda board: board.id)
def test_board_runs_the_kernels_of_its_core(board: Board) -> None:
    cores = [flag.removeprefix("-mcpu=") for flag in board.build.cpu_flags if "-mcpu=" in flag]
    assert board.isa == RICHEST.get("".join(cores), "generic")


DESK = [board for board in all_boards() if board.tier != "emulated"]
PROBE_VENDORS = {"stlink": "0483", "jlink": "1366", "cmsis-dap": "0d28 03eb 2e8a"}


@pytest.mark.parametrize("board", DESK, ids=lambda board: board.id)
def test_board_on_a_desk_is_flashed_and_found_by_its_own_probe(board: Board) -> None:
    """The port of a Metro M4 is a serial adapter's, of which its file can't know."""
    ids = board.usb.ids if board.usb else ()
    assert bool(ids) == (board.id != "metro_m4")
    if board.framework is None:
        assert board.upload
        interface = board.upload.openocd_interface or "stlink"
        probe = "jlink" if board.upload.protocol == "jlink" else interface
        vendors = PROBE_VENDORS[probe].split()
        assert {usb_id.partition(":")[0] for usb_id in ids} <= set(vendors)


def keys_of(cls: type, prefix: str = "") -> set[str]:
    """Return the keys that a board file may hold, in the way the documentation writes them."""
    nested = {"memory": Memory, "build": Build, "counter": Counter, "serial": Serial}
    nested |= {
        "more": NamedRegion,
        "enable": Enable,
        "emulator": Emulator,
        "framework": Framework,
        "upload": Upload,
        "timing": Timing,
        "usb": Usb,
    }
    keys = set()
    for field in dataclasses.fields(cls):
        inner = nested.get(field.name)
        keys |= keys_of(inner, f"{prefix}{field.name}.") if inner else {prefix + field.name}
    return keys - {"id"}


def test_documented_keys_are_the_ones_that_exist() -> None:
    table = DOCS.read_text(encoding="utf-8").partition("The keys of")[2].partition("## Adding")[0]
    first_cells = re.findall(r"^\| (`.*?`) \|", table, re.MULTILINE)
    assert set(re.findall(r"`([\w.]+)`", " ".join(first_cells))) == keys_of(Board)


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [("qemu_cortex_m44", "qemu_cortex_m4"), ("netduino", "netduinoplus2"), ("zzz", "host")],
)
def test_unknown_board_names_near_matches(name: str, suggestion: str) -> None:
    with pytest.raises(BoardError, match="there is no board") as caught:
        load_board(name)
    assert suggestion in caught.value.hint


@pytest.mark.parametrize("name", ["../boards/host", "/etc/passwd", "", "host\n", "Hôst", "{{x}}"])
def test_odd_names_are_unknown_boards(name: str) -> None:
    with pytest.raises(BoardError):
        load_board(name)


def changed(tmp_path: Path, pattern: str, replacement: str, name: str = "mine") -> str:
    """Return the path of a copy of a good board file in which one thing is replaced."""
    text = (boards_dir() / "qemu_cortex_m4.toml").read_text(encoding="utf-8")
    text, count = re.subn(pattern, replacement, text, count=1, flags=re.MULTILINE)
    assert count == 1
    path = tmp_path / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_board_file_of_the_users_own(tmp_path: Path) -> None:
    board = load_board(changed(tmp_path, "^name = .*", 'name = "Mine"'))
    assert (board.id, board.name, board.isa) == ("mine", "Mine", "dsp")


def more(name: str, origin: int = 0x80000000, **others: object) -> str:
    """A table of `memory.more` in one line."""
    fields = {"kind": '"ram"', "length": 4096, "speed": '"slower"', "origin": origin, **others}
    return f'{{name = "{name}", {", ".join(f"{k} = {v}" for k, v in fields.items())}}}'


WRONG = {
    "unknown key": ("^isa =", "isaa =", "unknown key 'isaa'", "isa"),
    "unknown table": (r"^\[counter\]", "[contour]", "unknown key 'contour'", "counter"),
    "unknown inner key": ("stack_bytes", "stack_byte", "unknown key 'memory.stack_byte'", "stack"),
    "own id": ("^name =", 'id = "x"\nname =', "unknown key 'id'", "file's name"),
    "missing key": ("^isa = .*", "", "key 'isa' is missing", ""),
    "missing table": (r"^\[counter\]\n.*\n.*", "", "key 'counter' is missing", ""),
    "choice": ("^isa = .*", 'isa = "neon"', "'isa' is 'neon', not one of generic, dsp, mve", ""),
    "choice type": ("^isa = .*", "isa = 3", "'isa' is 3", ""),
    "text for number": (
        "^hz = .*",
        'hz = "fast"',
        "'counter.hz' is 'fast', not a whole number",
        "",
    ),
    "bool for number": ("^hz = .*", "hz = true", "'counter.hz' is True, not a whole number", ""),
    "number for text": ("^name = .*", "name = 4", "'name' is 4, not a string", ""),
    "number for table": ("^isa =", "upload = 4\nisa =", "'upload' is 4, not a table", ""),
    "list of numbers": ("^cpu_flags = .*", "cpu_flags = [1]", "'build.cpu_flags' is", ""),
    "zero clock": ("^hz = .*", "hz = 0", "'counter.hz' must be", ""),
    "stack size": ("^stack_bytes = .*", "stack_bytes = 100", "'memory.stack_bytes'", ""),
    "stack over RAM": ("^stack_bytes = .*", "stack_bytes = 99999984", "'memory.stack_bytes'", ""),
    "address": ("^flash = .*", "flash = {origin = -1, length = 5}", "'memory.flash' is no", ""),
    "overlap": ("^ram = .*", "ram = {origin = 0, length = 0x100000}", "overlap", ""),
    "more: no list": (
        "^stack_bytes",
        "more = 4\nstack_bytes",
        "'memory.more' is 4, not a list",
        "",
    ),
    **{
        f"more: {case}": ("^stack_bytes", f"more = [{tables}]\nstack_bytes", message, "")
        for case, tables, message in (
            ("unknown key", more("DTCM", holds=1), "unknown key 'memory.more.holds'"),
            ("missing key", '{name = "DTCM"}', "key 'memory.more.kind' is missing"),
            ("name", more("dtcm"), "'memory.more': 'dtcm' is no name"),
            ("name of the main RAM", more("RAM"), "'memory.more': 'RAM' is no name"),
            ("twice", f"{more('DTCM')}, {more('DTCM', origin=0x90000000)}", "there are two of"),
            ("overlap", more("DTCM", origin=0x20000010), "'memory.ram' and 'memory.more DTCM'"),
            ("end", more("DTCM", origin=0xFFFFFFF0), "'memory.more DTCM' is no range"),
            ("alignment", more("DTCM", origin=0x80000004), "'origin' must be a multiple of 16"),
            ("register", more("DTCM", enable="{register = 2, bits = 1}"), "'enable.register'"),
            ("bits", more("DTCM", enable="{register = 4, bits = 0}"), "'enable.bits'"),
        )
    },
    "payload": ("^payload_bytes = .*", "payload_bytes = 5", "'serial.payload_bytes'", ""),
    "shift": ("^icount_shift = .*", "icount_shift = 11", "'emulator.icount_shift'", ""),
    "flag": ('"-mthumb"', '"-mthumb; rm x"', "is no machine option", ""),
    "plugin flag": ('"-mthumb"', '"-fplugin=x"', "is no machine option", ""),
    "define": ("TDRT_UART_BASE", "main", "'build.defines.main' must be TDRT_", ""),
    "toolchain": ("^toolchain = .*", 'toolchain = "arm-none"', "'build.toolchain' is", "arm-none-"),
    "hal": ("cmsdk/uart.c", "cmsdk/uat.c", "there is no 'cmsdk/uat.c'", "cmsdk/uart.c"),
    "hal outside": ("cmsdk/uart.c", "../project/main.c", "there is no '../project/main.c'", ""),
    "script": ("baremetal.ld.j2", "bare.ld", "there is no 'bare.ld'", "baremetal.ld.j2"),
    "name of two lines": ("^name = .*", r'name = "a\\nb"', "'name' must be one line", ""),
    "comment in name": ("^name = .*", 'name = "a */ b"', "'name'", ""),
    "any program": ("^program = .*", 'program = "/bin/rm"', "'emulator.program' must be", ""),
    "any option of the emulator": (
        '"-nodefaults"',
        '"-nodefaults", "-incoming", "exec:rm x"',
        "'emulator.args': '-incoming exec:rm x' is none that a board file may give",
        "",
    ),
    "property of the machine": (
        '"mps2-an386"',
        '"mps2-an386,dumpdtb=x"',
        "'emulator.args': '-machine mps2-an386,dumpdtb=x' is none",
        "",
    ),
    "option without its value": ('"-kernel", "{elf}"', '"-kernel"', "'emulator.args'", ""),
    "more than a package": (
        "^apt_packages = .*",
        'apt_packages = "qemu; rm x"',
        "'emulator.apt_packages'",
        "",
    ),
    "shell in target": (
        r"^\[emulator\]",
        '[upload]\nprotocol = "openocd"\nopenocd_target = "x; rm y"\n[emulator]',
        "'upload.openocd_target'",
        "",
    ),
    "upload key missing": (
        r"^\[emulator\]",
        '[upload]\nprotocol = "pyocd"\n[emulator]',
        "'upload.pyocd_target' is missing; pyocd needs it",
        "",
    ),
    "upload key of another": (
        r"^\[emulator\]",
        '[upload]\nprotocol = "picotool"\njlink_device = "X"\n[emulator]',
        "'upload.jlink_device' is no key of the protocol picotool",
        "",
    ),
    "upload protocol": (
        r"^\[emulator\]",
        '[upload]\nprotocol = "carrier-pigeon"\n[emulator]',
        "'upload.protocol' is 'carrier-pigeon', not one of openocd, pyocd",
        "",
    ),
    "reset of two lines": (
        r"^\[emulator\]",
        r'[upload]\nprotocol = "gdb"\ngdb_reset = ["a\\nb"]\n[emulator]',
        "'upload.gdb_reset'",
        "",
    ),
    "negative family": (
        r"^\[emulator\]",
        '[upload]\nprotocol = "mass-storage"\ndrive_label = "X"\nuf2_family = -1\n[emulator]',
        "'upload.uf2_family' must be a 32-bit number",
        "",
    ),
    "USB id": (r"^\[emulator\]", '[usb]\nids = ["0483:374B"]\n[emulator]', "'usb.ids': '0483", ""),
    "no TOML": ("^name = .*", "name = ", "is no valid TOML", ""),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_board_file_is_refused_with_the_key(tmp_path: Path, case: str) -> None:
    pattern, replacement, message, hint = WRONG[case]
    path = changed(tmp_path, pattern, replacement)
    with pytest.raises(BoardError) as caught:
        load_board(path)
    assert message in caught.value.message
    assert path in caught.value.message
    assert hint in caught.value.hint


GOOD_VALUES = {
    "openocd_target": "stm32f4x",
    "openocd_interface": "cmsis-dap",
    "pyocd_target": "stm32f407vgtx",
    "jlink_device": "STM32F407VG",
    "jlink_interface": "jtag",
    "esptool_chip": "esp32c3",
    "esptool_offset": 0,
    "dfu_id": "0483:df11",
    "drive_label": "RPI-RP2",
    "uf2_family": 0xE48BFF56,
}


@pytest.mark.parametrize("uploader", UPLOADERS, ids=lambda uploader: uploader.protocol)
def test_each_way_to_flash_is_read_with_all_its_keys(tmp_path: Path, uploader: Uploader) -> None:
    keys = {key: GOOD_VALUES[key] for key in (*uploader.required, *uploader.optional)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in keys.items()]
    table = "\n".join(["[upload]", f'protocol = "{uploader.protocol}"', *lines, "[emulator]"])
    upload = load_board(changed(tmp_path, r"^\[emulator\]", table)).upload
    assert upload is not None
    assert upload.options() == keys


def test_memories_are_ranked_by_speed_then_as_they_are_written(tmp_path: Path) -> None:
    speeds = {"SLOW": "slower", "SAME": "equal", "FAST": "faster", "FASTER": "faster"}
    tables = [
        more(name, origin=0x80000000 + index * 4096, speed=f'"{speed}"')
        for index, (name, speed) in enumerate(speeds.items())
    ]
    path = changed(tmp_path, "^stack_bytes", f"more = [{', '.join(tables)}]\nstack_bytes")
    memory = load_board(path).memory
    assert [r.name for r in memory.rams] == ["FAST", "FASTER", "RAM", "SAME", "SLOW"]
    assert [r.name for r in memory.flashes] == ["FLASH"]


def test_a_program_of_this_computer_has_no_more_memories(tmp_path: Path) -> None:
    text = (boards_dir() / "host.toml").read_text(encoding="utf-8")
    table = f"[memory]\nmore = [{more('DTCM', origin=0xF0000000)}]\n"
    (tmp_path / "mine.toml").write_text(text.replace("[memory]\n", table), encoding="utf-8")
    with pytest.raises(BoardError, match=r"'memory\.more': a program of this computer"):
        load_board(str(tmp_path / "mine.toml"))


def test_instructions_need_an_emulator(tmp_path: Path) -> None:
    path = changed(tmp_path, r"^\[emulator\]\n(.*\n)*", "")
    Path(path).write_text(Path(path).read_text().replace('"emulated"', '"built"'))
    with pytest.raises(BoardError, match="only an emulator counts instructions"):
        load_board(path)


def test_no_emulator_counts_cycles(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="no emulator knows cycles"):
        load_board(changed(tmp_path, '^kind = "instructions"', 'kind = "cycles"'))


@pytest.mark.parametrize("name", ["1st", "Mine", "with space", "x" * 40, "a*b"])
def test_file_name_must_be_an_id(tmp_path: Path, name: str) -> None:
    with pytest.raises(BoardError, match="is no id"):
        load_board(changed(tmp_path, "^isa", "isa", name))


def test_missing_and_binary_board_files(tmp_path: Path) -> None:
    with pytest.raises(BoardError, match="can't be read"):
        load_board(str(tmp_path / "none.toml"))
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\0")
    with pytest.raises(BoardError, match="no valid TOML"):
        load_board(str(tmp_path / "binary.toml"))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "arduino"', 'name = "mbed"', "'framework.name' is 'mbed', not one of arduino"),
        ('"teensy"', '"teensy\\nextra_scripts = x.py"', "'framework.platform' is none"),
        ('"teensy"', '"${sysenv.HOME}"', "'framework.platform' is none"),
        ('"teensy41"', '"a b"', "'framework.board' is none"),
        ('"recipe"', '"built"', "'tier' of a board with a 'framework' is recipe"),
        ("[memory]", '[upload]\nprotocol = "picotool"\n[memory]', "'upload' are none of a board"),
        ("[framework]", "[other]", "unknown key 'other'"),
        ('[framework]\nname = "arduino"\nplatform = "teensy"\nboard = "teensy41"', "", "'build'"),
    ],
)
def test_wrong_framework_in_a_board_file(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (boards_dir() / "teensy41.toml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "mine.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BoardError) as caught:
        load_board(str(tmp_path / "mine.toml"))
    assert said in caught.value.message
