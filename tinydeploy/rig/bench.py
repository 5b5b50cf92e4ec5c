"""Who may use which device of a rig, in this process and among all others of this machine."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tinydeploy.boards import Board
from tinydeploy.errors import AbsentError, BusyError, DeviceError, TinydeployError
from tinydeploy.progress import Step, no_step
from tinydeploy.rig.commands import Commands
from tinydeploy.rig.locks import PortLock
from tinydeploy.rig.settings import Device, Rig

_POLL_S = 0.1
# A device that we gave back is left to others for a while: who waits for it looks in every _POLL_S.
_REST_S = 3 * _POLL_S


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What became of a device in this run; `bad` says why it isn't used any more."""

    name: str
    board: str
    measured: int
    recovered: int
    bad: str


class _Slot:
    """A device and what this process knows of it; guarded by the bench's condition."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.lock = PortLock(device.port)
        self.is_ours = False
        self.rests_until_s = 0.0
        self.leases = 0
        self.measured = 0
        self.recovered = 0
        self.error: TinydeployError | None = None


class Bench:
    """The devices of `rig`, shared by the threads of this process and with other processes.

    `wait_s` is how long a lease waits while others hold every device of a board.
    """

    def __init__(self, rig: Rig, wait_s: float) -> None:
        self.commands = Commands()
        self._rig = rig
        self._wait_s = wait_s
        self._slots = {device.name: _Slot(device) for device in rig.devices}
        self._changed = threading.Condition()

    def has_board(self, board: Board) -> bool:
        return bool(self._rig.of_board(board))

    def require_board(self, board: Board) -> None:
        """Raise AbsentError where the rig has no such board."""
        if not self.has_board(board):
            raise AbsentError(
                f"the rig has no {board.id}", "Add a [[device]] to the rig file, or leave --rig."
            )

    def device_counts(self) -> dict[str, int]:
        """How many devices there are of each board, by its id."""
        return Counter(device.board.id for device in self._rig.devices)

    @contextlib.contextmanager
    def lease(self, board: Board, step: Step = no_step) -> Iterator[Device]:
        """A device of `board` for the caller alone, until the block ends.

        Raises:
            BusyError: others held all of them for `wait_s`.
            AbsentError: the rig has none, or none is connected.
            DeviceError: every one is marked bad.
        """
        slot = self._acquire(board, step)
        try:
            yield slot.device
        finally:
            with self._changed:
                slot.is_ours = False
                slot.rests_until_s = time.monotonic() + _REST_S
                slot.lock.release()
                self._changed.notify_all()

    def _acquire(self, board: Board, step: Step) -> _Slot:
        """The wait is counted only while no thread of ours has one: such a one comes back."""
        deadline_s = time.monotonic() + self._wait_s
        while True:
            with self._changed:
                now_s = time.monotonic()
                slots = self._usable(board)
                ours = [slot for slot in slots if slot.is_ours or now_s < slot.rests_until_s]
                for slot in sorted(slots, key=lambda slot: slot.leases):
                    if slot not in ours and slot.lock.try_acquire():
                        slot.is_ours = True
                        slot.leases += 1
                        return slot
                if ours:
                    deadline_s = now_s + self._wait_s
                elif now_s >= deadline_s:
                    raise _busy(board, slots, self._wait_s)
                else:
                    step(f"waiting for {_held(slots)}", None)
                self._changed.wait(_POLL_S)

    def _usable(self, board: Board) -> list[_Slot]:
        self.require_board(board)
        slots = [self._slots[device.name] for device in self._rig.of_board(board)]
        usable = [slot for slot in slots if slot.error is None]
        if not usable:
            errors = [slot.error for slot in slots]
            reasons = "; ".join(f"{slot.device.name}: {slot.error}" for slot in slots)
            raise kind_of(errors)(
                f"no {board.id} of the rig is left: {reasons}", "See to these devices, then retry."
            )
        return usable

    def note_measured(self, device: Device) -> None:
        """Count a result."""
        with self._changed:
            self._slots[device.name].measured += 1

    def note_recovered(self, device: Device) -> None:
        """Count a result that needed a second attempt."""
        with self._changed:
            self._slots[device.name].recovered += 1

    def mark_bad(self, device: Device, error: TinydeployError) -> None:
        """Use `device` no more in this run."""
        with self._changed:
            self._slots[device.name].error = error
            self._changed.notify_all()

    def states(self) -> tuple[DeviceState, ...]:
        """Every device of the rig, in the order of the file."""
        with self._changed:
            return tuple(
                DeviceState(
                    name=slot.device.name,
                    board=slot.device.board.id,
                    measured=slot.measured,
                    recovered=slot.recovered,
                    bad=slot.error.message if slot.error else "",
                )
                for slot in self._slots.values()
            )


def kind_of(errors: Sequence[TinydeployError | None]) -> type[TinydeployError]:
    """A board that went away after it was hung, or beside one that fails, is not merely absent."""
    return AbsentError if all(isinstance(e, AbsentError) for e in errors) else DeviceError


def _busy(board: Board, slots: Sequence[_Slot], waited_s: float) -> BusyError:
    return BusyError(
        f"every {board.id} of the rig has been in use for {waited_s:.0f} s: {_held(slots)}",
        "Try again later, or wait longer with --wait.",
    )


def _held(slots: Sequence[_Slot]) -> str:
    """Each device with its holder."""
    holders = [(slot.device.name, slot.lock.holder()) for slot in slots]
    return ", ".join(f"{name}, held by {holder or 'an unknown user'}" for name, holder in holders)
