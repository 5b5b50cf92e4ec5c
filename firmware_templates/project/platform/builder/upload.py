"""How each uploader is called. Commands run in the folder that holds firmware.elf and .bin.

So no path of this machine needs quoting for the little languages of OpenOCD and J-Link.
"""

import shutil
import sys
from pathlib import Path

_ELF, _BIN = "firmware.elf", "firmware.bin"


def is_uploadable(upload):
    """Tell whether `pio run -t upload` can flash this board."""
    return upload.get("protocol") in _ARGUMENTS


def upload_command(upload, folder, path, port="", probe=""):
    """Return the command, as a list, that flashes the firmware in `folder`.

    `upload` is the board's table of that name, `path` where programs are looked for. `probe` is the
    serial number of the debug probe (or of the board in its bootloader); "": there is one only.
    """
    programs = upload["programs"]
    found = (shutil.which(name, path=path) for name in programs)
    program = next((name for name in found if name), programs[0] if programs else sys.executable)
    return [program, *_ARGUMENTS[upload["protocol"]](upload, Path(folder), port, probe)]


def _openocd(upload, folder, port, probe):
    interface = upload.get("openocd_interface", "stlink")
    return [
        *("-f", f"interface/{interface}.cfg"),
        # The other probes choose it themselves.
        *(("-c", "transport select swd") if interface == "jlink" else ()),
        *(("-c", f"adapter serial {probe}") if probe else ()),
        *("-f", f"target/{upload['openocd_target']}.cfg"),
        *("-c", f"program {_ELF} verify reset exit"),
    ]


def _pyocd(upload, folder, port, probe):
    chosen = ("--uid", probe) if probe else ()
    # Without --no-wait it would wait for a probe for ever.
    return ["load", "--no-wait", "--target", upload["pyocd_target"], *chosen, _ELF]


def _jlink(upload, folder, port, probe):
    address = f"{upload['address']:#x}"
    script = ("r", "h", f"loadbin {_BIN}, {address}", f"verifybin {_BIN}, {address}", "r", "g", "q")
    (folder / "upload.jlink").write_text("\n".join(script) + "\n", encoding="ascii")
    return [
        *("-NoGui", "1", "-ExitOnError", "1", "-AutoConnect", "1"),
        *("-Device", upload["jlink_device"]),
        *("-If", upload.get("jlink_interface", "swd"), "-Speed", "4000"),
        *(("-SelectEmuBySN", probe) if probe else ()),
        *("-CommandFile", "upload.jlink"),
    ]


def _esptool(upload, folder, port, probe):
    chosen = ("--port", port) if port else ()
    # The old name of the command: versions 4 and 5 both know it.
    return [
        "--chip",
        upload["esptool_chip"],
        *chosen,
        "write_flash",
        f"{upload['esptool_offset']:#x}",
        _BIN,
    ]


def _picotool(upload, folder, port, probe):
    chosen = ("--ser", probe) if probe else ()
    return ["load", "-v", "-x", _ELF, *chosen, "-f"]


def _dfu(upload, folder, port, probe):
    return [
        *("-d", upload["dfu_id"], "-a", "0", "-s", f"{upload['address']:#x}:leave", "-D", _BIN),
        *(("-S", probe) if probe else ()),
    ]


def _mass_storage(upload, folder, port, probe):
    script = str(Path(__file__).with_name("mass_storage.py"))
    family = upload.get("uf2_family")
    return [
        *(script, _BIN, upload["drive_label"]),
        *(("--probe", probe) if probe else ()),
        *(("--uf2", f"{family:#x}", "--address", f"{upload['address']:#x}") if family else ()),
    ]


_ARGUMENTS = {
    "openocd": _openocd,
    "pyocd": _pyocd,
    "jlink": _jlink,
    "esptool": _esptool,
    "picotool": _picotool,
    "dfu": _dfu,
    "mass-storage": _mass_storage,
}
