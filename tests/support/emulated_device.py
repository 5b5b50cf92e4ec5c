"""A board on a bench, played by QEMU behind a TCP port: it can be flashed, power-cycled, killed.

    python -m tests.support.emulated_device serve FOLDER BOARD NUMBER
    python -m tests.support.emulated_device tell FOLDER power-cycle
    python -m tests.support.emulated_device tell FOLDER upload ELF

`serve` ends with its standard input. A killed board breaks the line and refuses to be flashed
until its power was cycled; a hung one stays silent. Every device adds its NUMBER to the stack that
an inference took, so that a result tells which device it came from. An emulator that nobody talks
to sleeps: its firmware would wait in a busy loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import signal
import socket
import subprocess
import sys
from pathlib import Path

_CHUNK_BYTES = 65536
_TCP_ESTABLISHED = 1


class EmulatedDevice:
    """The board and its power; `journal` gets a line for each thing that happens to it."""

    def __init__(self, folder: Path, board_id: str, number: int) -> None:
        from tinydeploy.boards import load_board  # noqa: PLC0415 - `tell` must start quickly

        emulator = load_board(board_id).emulator
        assert emulator is not None
        self._emulator = emulator
        self._number = number
        self._folder = folder
        self._elf = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._is_dead = False
        self._line: socket.socket | None = None
        self._client: asyncio.StreamWriter | None = None

    # --- the serial line -------------------------------------------------------------------

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client; a second one at the same time should never come."""
        if self._client is not None:
            if _is_established(self._client):
                self._note("intruder")
                writer.close()
                return
            self._client.close()
        self._client = writer
        self._note("opened")
        try:
            await self._talk(reader, writer)
        finally:
            writer.close()
            if self._client is writer:
                self._client = None
                self._signal(signal.SIGSTOP)
            self._note("closed")

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Until the client leaves, or the board dies."""
        if self._line is None:
            if not self._is_dead:
                await reader.read()  # nothing on the flash: silence
            return
        if not self._is_dead:
            self._signal(signal.SIGCONT)
        from_board, to_board = await asyncio.open_unix_connection(sock=self._line.dup())
        pumps = [
            asyncio.create_task(_pump(reader, to_board)),
            asyncio.create_task(_pump(from_board, writer, self._number)),
        ]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        to_board.close()

    # --- what is done to it ----------------------------------------------------------------

    def obey(self, order: str, argument: str) -> str:
        """Do it; return "" or what went wrong."""
        if self._is_dead and order in {"kill", "hang"}:
            return "it is dead already"
        self._note(f"{order} {argument}".strip())
        if order == "upload":
            if self._is_dead:
                return "Error: target not responding"
            self._elf = argument
            self._restart()
        elif order == "power-cycle":
            self._is_dead = False
            self._restart()
        elif order in {"kill", "hang"}:
            self._is_dead = True
            self._signal(signal.SIGKILL if order == "kill" else signal.SIGSTOP)
        else:
            return f"unknown order {order!r}"
        return ""

    def _restart(self) -> None:
        self.power_off()
        if not self._elf:
            return
        ours, theirs = socket.socketpair()
        values = {
            "{chardev}": f"socket,id=serial0,fd={theirs.fileno()}",
            "{elf}": self._elf,
            "{icount}": f"shift={self._emulator.icount_shift}",
        }
        command = [self._emulator.program, *(values.get(a, a) for a in self._emulator.args)]
        with theirs:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        ours.setblocking(False)
        self._line = ours

    def power_off(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        if self._line is not None:
            self._line.close()
            self._line = None

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    def _note(self, what: str) -> None:
        with (self._folder / "journal").open("a") as journal:
            journal.write(what + "\n")


def _is_established(writer: asyncio.StreamWriter) -> bool:
    """Whether the other end of the connection is still there."""
    line: socket.socket = writer.get_extra_info("socket")
    return line.fileno() >= 0 and (
        line.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] == _TCP_ESTABLISHED
    )


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int | None = None
) -> None:
    """Pass on what comes; with a `number`, frame by frame, adding it to each stack depth."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        while True:
            if number is None:
                data = await reader.read(_CHUNK_BYTES)
            else:
                data = _marked(await reader.readuntil(b"\0"), number)
            if not data:
                return
            writer.write(data)
            await writer.drain()


def _marked(chunk: bytes, number: int) -> bytes:
    from tinydeploy.codegen import wire  # noqa: PLC0415 - `tell` must start quickly
    from tinydeploy.device.protocol import (  # noqa: PLC0415
        decode_frame,
        encode_frame,
        pack,
        parse_invocation,
    )

    frame = decode_frame(chunk[:-1])
    if frame is None or frame.type != wire.Request.INVOKE | wire.REPLY_BIT or frame.payload[0]:
        return chunk
    report = parse_invocation(frame.payload[1:])
    stack_bytes = report.stack_bytes + number
    payload = pack(wire.INVOCATION, report.ticks, stack_bytes, report.outputs_crc)
    return encode_frame(dataclasses.replace(frame, payload=frame.payload[:1] + payload))


async def serve(folder: Path, board_id: str, number: int) -> None:
    """Play the device until standard input ends; its port is in FOLDER/port."""
    device = EmulatedDevice(folder, board_id, number)

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        order, _, argument = (await reader.readline()).decode().strip().partition(" ")
        writer.write(device.obey(order, argument).encode())
        writer.close()

    line = await asyncio.start_server(device.connect, "127.0.0.1", 0)
    orders = await asyncio.start_unix_server(control, folder / "control")
    (folder / "port.new").write_text(str(line.sockets[0].getsockname()[1]))
    (folder / "port.new").rename(folder / "port")
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        device.power_off()
        orders.close()
        line.close()


def tell(folder: Path, order: str) -> str:
    """Give `order` to the device of `folder`; return "" or what went wrong."""
    with socket.socket(socket.AF_UNIX) as control:
        control.connect(str(folder / "control"))
        control.sendall(order.encode() + b"\n")
        return control.makefile().read()


def main() -> None:
    verb, folder, *rest = sys.argv[1:]
    if verb == "tell":
        sys.exit(tell(Path(folder), " ".join(rest)) or None)
    asyncio.run(serve(Path(folder), rest[0], int(rest[1])))


if __name__ == "__main__":
    main()
