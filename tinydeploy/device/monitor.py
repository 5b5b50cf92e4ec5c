"""Listening to a serial port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import serial

from tinydeploy.device.ports import open_port, read_available
from tinydeploy.device.stream import StreamReader
from tinydeploy.errors import DeviceError

_IDLE_S = 0.2
_MOST_IDLE = 5  # times, after which half a frame is shown as it is
_MOST_BYTES = 4096


@contextmanager
def listen(port: str, baud: int) -> Iterator[Iterator[str]]:
    """Open `port`; give what the device there says, line by line, for as long as it is there.

    Raises:
        AbsentError: there is no such port.
        DeviceError: the port is in use, may not be opened, or was lost.
    """
    with open_port(port, baud) as line:
        yield _lines(line, port)


def _lines(line: serial.Serial, port: str) -> Iterator[str]:
    reader, idle = StreamReader(), 0
    while True:
        try:
            data = read_available(line, _IDLE_S, _MOST_BYTES)
        except (serial.SerialException, OSError) as error:
            yield from reader.rest(everything=True)
            raise DeviceError(
                f"the serial line {port} was lost: {error}", "Is the board still connected?"
            ) from error
        idle = 0 if data else idle + 1
        yield from reader.feed(data) if data else reader.rest(everything=idle >= _MOST_IDLE)
