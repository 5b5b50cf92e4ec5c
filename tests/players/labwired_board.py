"""A board that labwired plays, its UART behind a TCP port of this machine.

    python -m tests.players.labwired_board ELF SYSTEM [UART]

The port's number is the first line of standard output. One client is served, then all ends; so it
does with standard input. Time is the simulated one: it stands still while nobody is connected.
"""

from __future__ import annotations

import contextlib
import select
import socket
import sys
from pathlib import Path

import labwired

_STEP = "500us"
_CHUNK_BYTES = 65536


def serve(simulation: labwired.Sim, line: socket.socket) -> None:
    """Run the board, and pass on what comes from either side, until the client leaves."""
    while True:
        readable, _, _ = select.select([line, sys.stdin], [], [], 0)
        if sys.stdin in readable:
            return
        if line in readable:
            data = line.recv(_CHUNK_BYTES)
            if not data:
                return
            simulation.send_bytes(data)
        simulation.run_for(_STEP)
        line.sendall(simulation.read_uart_bytes())


def main() -> None:
    elf, system, uart = *sys.argv[1:3], next(iter(sys.argv[3:]), None)
    with labwired.Sim(Path(elf), system=Path(system), uart=uart) as simulation:
        with socket.create_server(("127.0.0.1", 0), backlog=1) as server:
            sys.stdout.write(f"{server.getsockname()[1]}\n")
            sys.stdout.flush()
            line, _ = server.accept()
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with line, contextlib.suppress(ConnectionError):
            serve(simulation, line)


if __name__ == "__main__":
    main()
