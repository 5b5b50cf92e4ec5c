"""Does the device's counter run as its board file says? A wrong clock makes every figure wrong.

The device runs a loop of known length. On an emulator its instructions are known, so the counter
must give exactly them; on hardware this computer's clock says how long it took.
"""

from __future__ import annotations

from tinydeploy.boards import Board
from tinydeploy.device.serial_link import FirmwareError
from tinydeploy.device.session import Device, Spin
from tinydeploy.device.ticks import ticks_to_count
from tinydeploy.errors import DeviceError

_INSTRUCTIONS_A_LOOP = 2
_LOOPS = 2000
_ROUNDING_INSTRUCTIONS = 2

_TOLERANCE = 0.03
"""RC oscillators are right within 1 to 2 % (STM32F4 datasheets, "HSI oscillator accuracy"),
crystals far better."""
_FIRST_LOOPS = 4000
_MOST_LOOPS = 2**31
_LEAST_S = 0.1
_LONG_S = 1.0
_TRIES = 5
_MOST_DISTURBED = 50


def check_clock(device: Device, board: Board) -> None:
    """Raise FirmwareError where counter and board file disagree."""
    if board.counter.kind == "instructions":
        _check_instructions(device, board)
    else:
        _check_time(device, board)


def _check_instructions(device: Device, board: Board) -> None:
    ticks = device.spin(2 * _LOOPS).ticks - device.spin(_LOOPS).ticks
    counted = ticks_to_count(max(ticks, 0), board)
    expected = _LOOPS * _INSTRUCTIONS_A_LOOP
    if abs(counted - expected) > _ROUNDING_INSTRUCTIONS:
        raise FirmwareError(
            f"the counter of {board.id} is wrong: {expected} instructions were counted as "
            f"{counted:.0f}",
            f"Correct 'counter.hz' ({board.counter.hz}) or 'emulator.icount_shift' in the board "
            "file: the emulator runs at another rate.",
        )


def _check_time(device: Device, board: Board) -> None:
    """Run longer and longer loops, until one agrees, or several long ones do not.

    The way to this computer only ever adds to the time that it sees, so the shortest time counts.
    """
    latency_s = min(_undisturbed(device, 0).host_s for _ in range(_TRIES))
    loops, wrong = _FIRST_LOOPS, 0
    while wrong < _TRIES:
        spin = _undisturbed(device, loops)
        host_s, device_s = spin.host_s - latency_s, spin.ticks / board.counter.hz
        is_long = host_s > _LONG_S or loops == _MOST_LOOPS
        if is_long or host_s > max(_LEAST_S, latency_s / _TOLERANCE):
            if abs(device_s - host_s) <= _TOLERANCE * host_s:
                return
            wrong += device_s > host_s or is_long
        loops = loops if is_long else min(_MOST_LOOPS, 2 * loops)
    raise FirmwareError(
        f"the clock of {board.id} is wrong: what took {host_s:.3f} s counts as {device_s:.3f} s",
        f"Its counter ticks at about {spin.ticks / host_s:,.0f} Hz, 'counter.hz' in the board file "
        f"is {board.counter.hz:,}: correct it, or the clock set-up of the firmware.",
    )


def _undisturbed(device: Device, loops: int) -> Spin:
    for _ in range(_MOST_DISTURBED):
        spin = device.spin(loops)
        if spin.was_clean:
            return spin
    raise DeviceError(
        "the serial line is too bad to check the device's clock", "Check cable and baud rate."
    )
