"""Copies firmware to a board that shows itself as a drive: DAPLink (.bin), UF2 bootloaders (.uf2).

The drive is found by its label, as the folder of that name where the system mounts drives.
"""

import argparse
import contextlib
import errno
import getpass
import os
import struct
import sys
from pathlib import Path

_UF2_START, _UF2_SECOND, _UF2_END = 0x0A324655, 0x9E5D5157, 0x0AB16F30
_UF2_HAS_FAMILY = 0x2000
_UF2_PAYLOAD_BYTES = 256
_UF2_DATA_BYTES = 476
# What writing to a drive ends in whose board has restarted with the new firmware.
_GONE = {errno.EIO, errno.ENODEV, errno.ENXIO, errno.ENOENT}


class UploadError(Exception):
    """What the user has to know."""


def uf2(data, address, family):
    """Return `data`, to be written at `address`, as a UF2 file for the chips of `family`.

    Format: github.com/microsoft/uf2, blocks of 512 bytes.
    """
    parts = [data[at : at + _UF2_PAYLOAD_BYTES] for at in range(0, len(data), _UF2_PAYLOAD_BYTES)]
    blocks = []
    for number, part in enumerate(parts):
        place = address + number * _UF2_PAYLOAD_BYTES
        head = (_UF2_START, _UF2_SECOND, _UF2_HAS_FAMILY, place, _UF2_PAYLOAD_BYTES)
        header = struct.pack("<8I", *head, number, len(parts), family)
        blocks.append(header + part.ljust(_UF2_DATA_BYTES, b"\0") + struct.pack("<I", _UF2_END))
    return b"".join(blocks)


def find_drive(label, folders, probe=""):
    """Return the drive called `label` in one of `folders`; `probe` chooses among several.

    A second drive of the same name is mounted with a digit behind it.
    """
    found = [
        path
        for folder in folders
        for path in (sorted(folder.iterdir()) if folder.is_dir() else ())
        if path.is_dir()
        and path.name.startswith(label)
        and path.name[len(label) :].strip("0123456789") == ""
    ]
    exact = [path for path in found if path.name == label]
    if not exact:
        looked = ", ".join(map(str, folders))
        raise UploadError(f"there is no drive {label} in {looked}. Is it connected and mounted?")
    if probe:
        found = [path for path in found if _names_probe(path, probe)]
    if len(found) != 1:
        names = ", ".join(map(str, found)) or "none"
        raise UploadError(
            f"which drive {label}? Of serial number {probe or '(not given)'}: {names}."
        )
    return found[0]


def _names_probe(drive, probe):
    """Tell whether the drive's own description (DAPLink writes one) holds the serial number."""
    with contextlib.suppress(OSError):
        return probe in (drive / "DETAILS.TXT").read_text(encoding="utf-8", errors="replace")
    return False


def copy(data, target):
    """Write the file `target` on the drive, or leave none.

    Under its final name at once: such a drive is no file system but a program that watches what
    is written, and a file that is renamed later would be missed, or programmed twice.
    """
    written = False
    try:
        with target.open("wb") as file:
            file.write(data)
            file.flush()
            written = True
            os.fsync(file.fileno())
    except OSError as error:
        if written and error.errno in _GONE:
            return
        with contextlib.suppress(OSError):
            target.unlink()
        raise UploadError(f"{target} can't be written: {error.strerror}") from error


def media_folders():
    """Return the folders in which systems mount drives."""
    chosen = os.environ.get("TINYDEPLOY_MEDIA")
    if chosen:
        return [Path(chosen)]
    user = getpass.getuser()
    return [
        Path("/media") / user,
        Path("/run/media") / user,
        Path("/media"),
        Path("/mnt"),
        Path("/Volumes"),
    ]


def main(arguments):
    """Copy; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("firmware", type=Path)
    parser.add_argument("label")
    parser.add_argument("--probe", default="")
    parser.add_argument("--uf2", type=lambda text: int(text, 0), default=0)
    parser.add_argument("--address", type=lambda text: int(text, 0), default=0)
    given = parser.parse_args(arguments)
    data = given.firmware.read_bytes()
    if given.uf2:
        data = uf2(data, given.address, given.uf2)
    try:
        drive = find_drive(given.label, media_folders(), given.probe)
        target = drive / given.firmware.with_suffix(".uf2" if given.uf2 else ".bin").name
        copy(data, target)
    except UploadError as error:
        print(f"error: {error}")
        return 1
    print(f"{len(data)} bytes written to {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
