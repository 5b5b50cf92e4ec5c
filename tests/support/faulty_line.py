"""A serial line that damages what passes, falls silent for a while, and resets the device."""

from __future__ import annotations

import contextlib
import random
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Faults:
    """`byte_rate`: share of the bytes that are dropped, flipped, doubled, delayed or preceded by
    an invented one. Cuts and resets: how many a second, on average."""

    byte_rate: float = 0.01
    cuts_per_s: float = 0.0
    cut_s: float = 2.0
    resets_per_s: float = 0.0


@dataclass(slots=True)
class Counts:
    """What happened on the line."""

    frames: int = 0
    faults: int = 0
    cuts: int = 0
    resets: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, **amounts: int) -> None:
        with self._lock:
            for name, amount in amounts.items():
                setattr(self, name, getattr(self, name) + amount)


class FaultyLine:
    """The host's firmware behind a bad line: connect to `url` as to any serial port."""

    def __init__(self, elf: Path, faults: Faults, seed: int) -> None:
        self._elf, self._faults, self._rng = elf, faults, random.Random(seed)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self.counts = Counts()
        self._silent_until = 0.0
        self._ended = threading.Event()
        self._device: tuple[subprocess.Popen[bytes], socket.socket] | None = None

    def serve(self) -> None:
        """Serve one connection after the other until closed."""
        while not self._ended.is_set():
            try:
                host, _ = self._server.accept()
            except OSError:
                return
            with host:
                self._serve_one(host)

    def close(self) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()

    def _serve_one(self, host: socket.socket) -> None:
        self._start()
        closed = threading.Event()
        threads = [
            threading.Thread(target=self._down, args=(host, closed), daemon=True),
            threading.Thread(target=self._mischief, args=(closed,), daemon=True),
        ]
        for thread in threads:
            thread.start()
        self._up(host)
        closed.set()
        self._stop()
        for thread in threads:
            thread.join(10)

    def _up(self, host: socket.socket) -> None:
        rng = random.Random(self._rng.random())
        with contextlib.suppress(OSError):
            while data := host.recv(256):
                self.counts.add(frames=data.count(0))
                damaged = self._damage(rng, data)
                with contextlib.suppress(OSError):  # it is just being reset: the bytes are lost
                    self._line().sendall(damaged)

    def _down(self, host: socket.socket, closed: threading.Event) -> None:
        rng = random.Random(self._rng.random())
        while not closed.is_set():
            try:
                data = self._line().recv(256)
            except OSError:
                data = b""
            if data:
                with contextlib.suppress(OSError):
                    host.sendall(self._damage(rng, data))
            else:
                time.sleep(0.001)  # being reset

    def _damage(self, rng: random.Random, data: bytes) -> bytes:
        if time.monotonic() < self._silent_until:
            return b""
        result = bytearray()
        for byte in data:
            if rng.random() >= self._faults.byte_rate:
                result.append(byte)
                continue
            self.counts.add(faults=1)
            kind = rng.randrange(5)
            if kind == 0:  # dropped
                continue
            if kind == 1:
                result.append(byte ^ (1 << rng.randrange(8)))
            elif kind == 2:
                result += bytes([byte, byte])
            elif kind == 3:
                result += bytes([rng.randrange(256), byte])
            else:
                time.sleep(rng.random() * 0.02)
                result.append(byte)
        return bytes(result)

    def _mischief(self, closed: threading.Event) -> None:
        rng = random.Random(self._rng.random())
        tick_s = 0.01
        while not closed.wait(tick_s):
            if rng.random() < self._faults.cuts_per_s * tick_s:
                self.counts.add(cuts=1)
                self._silent_until = time.monotonic() + rng.random() * self._faults.cut_s
            if rng.random() < self._faults.resets_per_s * tick_s:
                self.counts.add(resets=1)
                self._stop()
                self._start()

    def _line(self) -> socket.socket:
        if self._device is None:
            raise OSError
        return self._device[1]

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen([self._elf], stdin=theirs.fileno(), stdout=theirs.fileno())
        self._device = process, ours

    def _stop(self) -> None:
        device, self._device = self._device, None
        if device is not None:
            process, line = device
            process.kill()
            process.wait()
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()


@contextlib.contextmanager
def faulty_line(elf: Path, faults: Faults, seed: int) -> Iterator[FaultyLine]:
    """Serve `elf` behind a bad line."""
    line = FaultyLine(elf, faults, seed)
    thread = threading.Thread(target=line.serve, daemon=True)
    thread.start()
    try:
        yield line
    finally:
        line.close()
        thread.join(10)
