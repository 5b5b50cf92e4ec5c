"""How firmware gets onto real boards: the programs, and what a board file tells each of them.

How each program is called stands in firmware_templates/project/platform/builder/upload.py, so that
`pio run -t upload` works in the generated project without tinydeploy.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

Protocol = Literal["openocd", "pyocd", "jlink", "esptool", "picotool", "dfu", "mass-storage", "gdb"]


"""As OpenOCD and pyOCD understand it."""
DEFAULT_GDB_RESET = ("reset halt",)


@dataclass(frozen=True, slots=True)
class Upload:
    """The table [upload] of a board file; docs/boards.md explains each key."""

    protocol: Protocol
    openocd_target: str | None = None
    openocd_interface: str | None = None
    pyocd_target: str | None = None
    jlink_device: str | None = None
    jlink_interface: Literal["swd", "jtag"] | None = None
    esptool_chip: str | None = None
    esptool_offset: int | None = None
    dfu_id: str | None = None
    drive_label: str | None = None
    uf2_family: int | None = None
    gdb_reset: tuple[str, ...] = DEFAULT_GDB_RESET

    @property
    def uploader(self) -> Uploader:
        return next(u for u in UPLOADERS if u.protocol == self.protocol)

    def options(self) -> Mapping[str, Any]:
        """The keys that were given for the protocol's program."""
        keys = (*self.uploader.required, *self.uploader.optional)
        return {key: getattr(self, key) for key in keys if getattr(self, key) is not None}


@dataclass(frozen=True, slots=True)
class Uploader:
    """One protocol: its programs (the first on PATH is taken; none: it needs no program)."""

    protocol: Protocol
    programs: tuple[str, ...]
    install: str
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    platformio_package: str = ""  # in PlatformIO's registry; empty: there is none
    platformio_version: str = ""
    uses_port: bool = False  # it flashes over the board's serial port


UPLOADERS = (
    Uploader(
        "openocd",
        ("openocd",),
        "sudo apt-get install openocd",
        ("openocd_target",),
        ("openocd_interface",),
        "tool-openocd",
        "~3.1200.0",
    ),
    Uploader("pyocd", ("pyocd",), "pip install pyocd", ("pyocd_target",)),
    Uploader(
        "jlink",
        ("JLinkExe", "JLink"),
        "SEGGER's J-Link software, from segger.com",
        ("jlink_device",),
        ("jlink_interface",),
        "tool-jlink",
        "^1.92000.0",
    ),
    Uploader(
        "esptool",
        ("esptool", "esptool.py"),
        "pip install esptool",
        ("esptool_chip", "esptool_offset"),
        uses_port=True,
    ),
    Uploader("picotool", ("picotool",), "picotool, from github.com/raspberrypi/picotool"),
    Uploader(
        "dfu",
        ("dfu-util",),
        "sudo apt-get install dfu-util",
        ("dfu_id",),
        (),
        "tool-dfuutil",
        "~1.11.0",
    ),
    Uploader("mass-storage", (), "", ("drive_label",), ("uf2_family",)),
    Uploader("gdb", (), ""),
)

_NAME = r"[A-Za-z0-9_]+"
_PATTERNS = {
    "openocd_target": (_NAME, "the name of an OpenOCD target file"),
    "openocd_interface": (r"[A-Za-z0-9_/-]+", "the name of an OpenOCD interface file"),
    "pyocd_target": (_NAME, "a target of `pyocd list --targets`"),
    "jlink_device": (r"[A-Za-z0-9_().+-]+", "a device name of J-Link"),
    "esptool_chip": (r"esp[a-z0-9]+", "a chip of esptool (esp32c3, …)"),
    "dfu_id": (r"[0-9a-f]{4}:[0-9a-f]{4}", "a USB id like 0483:df11"),
    "drive_label": (r"[A-Za-z0-9_-]{1,11}", "the label of a drive"),
}
_COMMAND = re.compile(r"[ -~]{1,200}")
_PROBE = re.compile(r"[A-Za-z0-9_.:-]{1,128}")


def is_probe_serial(text: str) -> bool:
    """Whether `text` can be the serial number of a probe; it ends up in command lines."""
    return bool(_PROBE.fullmatch(text))


def upload_rules(upload: Upload) -> Iterable[tuple[bool, str]]:
    """Yield (broken?, message) for what the types of [upload] can't say."""
    uploader = upload.uploader
    known = {*uploader.required, *uploader.optional, "protocol", "gdb_reset"}
    for field in fields(upload):
        given = getattr(upload, field.name) is not None
        missing = field.name in uploader.required and not given
        yield missing, f"'upload.{field.name}' is missing; {upload.protocol} needs it"
        foreign = given and field.name not in known
        yield foreign, f"'upload.{field.name}' is no key of the protocol {upload.protocol}"
    for key, (pattern, what) in _PATTERNS.items():
        value = getattr(upload, key)
        bad = value is not None and not re.fullmatch(pattern, value)
        yield bad, f"'upload.{key}' must be {what}"
    for key in ("esptool_offset", "uf2_family"):
        bad = not 0 <= (getattr(upload, key) or 0) < 1 << 32
        yield bad, f"'upload.{key}' must be a 32-bit number"
    for command in upload.gdb_reset:
        yield not _COMMAND.fullmatch(command), f"'upload.gdb_reset': {command!r} is no command"
