"""rig.toml: the boards of a bench. docs/rig.md explains each key."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tomli

from tinydeploy.boards import Board, load_board
from tinydeploy.errors import TinydeployError, UsageError, did_you_mean
from tinydeploy.rig.locks import port_identity
from tinydeploy.tables import TableReader

_HINT = "docs/rig.md explains each key."
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PROBE = re.compile(r"[A-Za-z0-9:._-]+")
PLACEHOLDERS = ("{elf}", "{bin}", "{project}", "{port}", "{probe}")
_LIKE_PLACEHOLDER = re.compile(r"\{[a-z]+\}")


@dataclass(frozen=True, slots=True)
class Device:
    """One board on the bench. Commands run in `folder`, that of the rig file, without a shell.

    `upload` puts firmware on it (empty: as the board file says, or not at all), `power_cycle`
    takes its power and gives it back (empty: nothing can).
    """

    name: str
    board: Board
    port: str
    folder: Path
    probe: str | None = None
    upload: tuple[str, ...] = ()
    power_cycle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rig:
    """All devices of one rig file."""

    devices: tuple[Device, ...]

    def of_board(self, board: Board) -> tuple[Device, ...]:
        return tuple(device for device in self.devices if device.board.id == board.id)


@dataclass(frozen=True, slots=True)
class _Table:
    """One [[device]] but for `power_cycle`."""

    name: str
    board: str
    port: str
    probe: str | None = None
    upload: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _HubPort:
    hub: str
    port: int

    def command(self) -> tuple[str, ...]:
        return "uhubctl", "--action", "cycle", "--location", self.hub, "--ports", str(self.port)


@dataclass(frozen=True, slots=True)
class _Place:
    labgrid_place: str

    def command(self) -> tuple[str, ...]:
        return "labgrid-client", "--place", self.labgrid_place, "power", "cycle"


def read_rig(path: Path) -> Rig:
    """Read a rig file. Raises UsageError, which names file and key."""
    try:
        content = tomli.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"rig file {path} can't be read: {error.strerror}", _HINT) from None
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"rig file {path} is not valid TOML: {error}", _HINT) from None
    for key in content:
        if key != "device":
            raise UsageError(f"rig file {path}: unknown key '{key}'", did_you_mean(key, ["device"]))
    tables = content.get("device", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise UsageError(f"rig file {path}: devices must be written [[device]]", _HINT)
    if not tables:
        raise UsageError(f"rig file {path} names no [[device]]", _HINT)
    devices = tuple(_device(path, table, number) for number, table in enumerate(tables, 1))
    _refuse_repetitions(path, devices)
    return Rig(devices)


def _device(path: Path, table: Mapping[str, object], number: int) -> Device:
    reader = TableReader(f"rig file {path}: device {number}", UsageError, _HINT)
    rest = {key: value for key, value in table.items() if key != "power_cycle"}
    own: _Table = reader.read(_Table, rest, "")
    for wrong, message in _rules(own):
        if wrong:
            raise reader.fail(message)
    is_file = own.board.endswith(".toml")
    try:
        board = load_board(str(path.parent / own.board) if is_file else own.board)
    except TinydeployError as error:
        raise reader.fail(error.message, error.hint) from error
    return Device(
        name=own.name,
        board=board,
        port=own.port,
        folder=path.parent,
        probe=own.probe,
        upload=own.upload,
        power_cycle=_power_cycle(reader, table.get("power_cycle", [])),
    )


def _rules(own: _Table) -> Iterator[tuple[bool, str]]:
    """(broken?, message) for what types alone can't say."""
    good = bool(_NAME.fullmatch(own.name))
    yield not good, f"'name' is {own.name!r}, not letters, digits and ._- (at most 63)"
    yield not own.port.strip(), "'port' is empty"
    good = own.probe is None or bool(_PROBE.fullmatch(own.probe))
    yield not good, f"'probe' is {own.probe!r}, no serial number"
    used = [name for part in own.upload for name in _LIKE_PLACEHOLDER.findall(part)]
    for name in used:
        good = name in PLACEHOLDERS
        yield not good, f"'upload' holds {name}; known are {', '.join(PLACEHOLDERS)}"
    yield "{probe}" in used and own.probe is None, "'upload' holds {probe}, but 'probe' is missing"


def _power_cycle(reader: TableReader, value: object) -> tuple[str, ...]:
    """The command: as it stands there, or for a hub's port or a labgrid place."""
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return tuple(value)
    if not isinstance(value, dict):
        raise reader.fail(f"'power_cycle' is {value!r}, neither a list of strings nor a table")
    kind = _Place if "labgrid_place" in value else _HubPort
    found: _HubPort | _Place = reader.read(kind, value, "power_cycle.")
    return found.command()


def _refuse_repetitions(path: Path, devices: tuple[Device, ...]) -> None:
    keys: tuple[tuple[str, Callable[[Device], str | None]], ...] = (
        ("name", lambda device: device.name),
        ("port", lambda device: port_identity(device.port)),
        ("probe", lambda device: device.probe),
    )
    for key, value in keys:
        seen: dict[str, Device] = {}
        for device in devices:
            found = value(device)
            if found is not None and seen.setdefault(found, device) is not device:
                raise UsageError(
                    f"rig file {path}: the {key} {getattr(device, key)!r} of device "
                    f"{device.name!r} is also that of {seen[found].name!r}",
                    "Each device needs its own.",
                )
