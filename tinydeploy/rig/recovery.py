"""Bringing a device of a rig to where it runs the firmware wanted of it, whatever it takes."""

from __future__ import annotations

import time

from tinydeploy.device.platformio import BuildResult
from tinydeploy.device.ports import open_port, require_port
from tinydeploy.device.serial_link import Timing
from tinydeploy.device.session import open_device
from tinydeploy.device.upload import upload_command
from tinydeploy.errors import TinydeployError
from tinydeploy.rig.commands import Commands
from tinydeploy.rig.settings import Device

_POWER_CYCLE_TIMEOUT_S = 60
_UPLOAD_TIMEOUT_S = 180
_BOOT_S = 15
_PORT_POLL_S = 0.2
_GREETING_S = 2


def prepare(device: Device, build: BuildResult, commands: Commands) -> None:
    """Put the firmware on the device, unless it says that it runs it already.

    Flash memory wears out: what is there is not written again.
    """
    require_port(device.port)
    if _has_upload(device) and not _runs(device, build):
        _upload(device, build, commands)


def recover(device: Device, build: BuildResult, commands: Commands) -> str:
    """Take its power away, give it back and put the firmware on it anew; return what was done."""
    done = []
    if device.power_cycle:
        what = f"power-cycling {device.name}"
        commands.run(what, device.power_cycle, device.folder, _POWER_CYCLE_TIMEOUT_S)
        _wait_for_port(device)
        done.append("power-cycled")
    require_port(device.port)
    if _has_upload(device):
        _upload(device, build, commands)
        done.append("flashed anew")
    return " and ".join(done) or "tried again"


def _has_upload(device: Device) -> bool:
    by_file = device.board.upload
    return bool(device.upload) or (by_file is not None and by_file.protocol != "gdb")


def _runs(device: Device, build: BuildResult) -> bool:
    timing = Timing(silence_s=_GREETING_S, baud=device.board.serial.baud)
    try:
        with open_device(device.board, build, device.port, timing):
            return True
    except TinydeployError:
        return False


def _upload(device: Device, build: BuildResult, commands: Commands) -> None:
    what = f"flashing {device.name}"
    if device.upload:
        command = [_filled(part, device, build) for part in device.upload]
        commands.run(what, command, device.folder, _UPLOAD_TIMEOUT_S)
    else:
        uploader = device.board.upload.uploader if device.board.upload else None
        port = device.port if uploader and uploader.uses_port else ""
        probe = device.probe or ""
        with upload_command(build, device.board, port, probe) as (command, environment):
            commands.run(what, command, device.folder, _UPLOAD_TIMEOUT_S, environment)
    _wait_for_port(device)


def _filled(part: str, device: Device, build: BuildResult) -> str:
    values = {
        "{elf}": str(build.elf),
        "{bin}": str(build.bin),
        "{project}": str(build.project_dir),
        "{port}": device.port,
        "{probe}": device.probe or "",
    }
    for name, value in values.items():
        part = part.replace(name, value)
    return part


def _wait_for_port(device: Device) -> None:
    """A USB port goes with the power and takes a while to come back.

    Raises AbsentError or DeviceError where it doesn't.
    """
    end_s = time.monotonic() + _BOOT_S
    while True:
        try:
            open_port(device.port, device.board.serial.baud).close()
        except TinydeployError as error:
            if time.monotonic() >= end_s:
                message = f"{error.message}, {_BOOT_S} s after it was powered or flashed"
                raise type(error)(message, error.hint) from error
        else:
            return
        time.sleep(_PORT_POLL_S)
