"""Listening to a serial port."""

from __future__ import annotations

from collections.abc import Iterator

import serial

from tinydeploy.device.ports import open_port
from tinydeploy.device.stream import StreamReader
from tinydeploy.errors import DeviceError

_IDLE_S = 0.2
_MOST_BYTES = 4096


def listen(port: str, baud: int) -> Iterator[str]:
    """Yield what the device at `port` says, line by line, for as long as it is there.

    Raises:
        AbsentError: there is no such port.
        DeviceError: the port is in use, may not be opened, or was lost.
    """
    reader = StreamReader()
    with open_port(port, baud) as line:
        while True:
            try:
                line.timeout = _IDLE_S
                data = line.read(1)
                if data:
                    line.timeout = 0
                    data += line.read(_MOST_BYTES)
            except (serial.SerialException, OSError) as error:
                yield from reader.rest(everything=True)
                raise DeviceError(
                    f"the serial line {port} was lost: {error}", "Is the board still connected?"
                ) from error
            yield from reader.feed(data) if data else reader.rest()
