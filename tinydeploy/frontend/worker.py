"""The child's side of a worker process: take requests from standard input, answer on output.

Libraries written in C++ crash, abort and chatter on standard error: in a child they can do all
three without harm to the user's terminal or to tinydeploy.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from typing import BinaryIO

from tinydeploy.errors import TinydeployError
from tinydeploy.frontend.messages import Message, encode_message, read_message

Reply = Callable[[Message], None]
Handler = Callable[[Message, Reply], Message]

_PARENT_CHECK_S = 0.5


def serve(handler: Handler, memory_limit_bytes: int | None = None) -> None:
    """Answer requests with `handler` until standard input ends.

    `handler` gets a request and a function that sends messages ahead of the answer (progress).
    """
    # The terminal sends Ctrl-C to the whole process group; the parent decides and closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_resources(memory_limit_bytes)
    threading.Thread(target=_leave_with_parent, args=(os.getppid(),), daemon=True).start()
    requests, replies = _take_over_pipes()

    def send(message: Message) -> None:
        replies.write(encode_message(message))
        replies.flush()

    with contextlib.suppress(BrokenPipeError):
        while (request := read_message(requests)) is not None:
            send(_answer(handler, request, send))


def _answer(handler: Handler, request: Message, send: Reply) -> Message:
    try:
        return handler(request, send)
    except TinydeployError as error:
        return _failure(type(error).__name__, error.message, error.hint)
    except BrokenPipeError:
        raise
    except MemoryError:
        return _failure("MemoryError", "", "")
    except Exception as error:  # noqa: BLE001 - the parent reports it
        traceback.print_exc()
        return _failure("InternalError", f"{type(error).__name__}: {error}", "")


def _failure(kind: str, message: str, hint: str) -> Message:
    return Message({"error": {"class": kind, "message": message, "hint": hint}})


def _take_over_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep both pipes for messages alone: anything printed goes to the log (standard error)."""
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, replies


def _leave_with_parent(parent_pid: int) -> None:
    """End this process soon after its parent has gone, even in the middle of a computation."""
    while os.getppid() == parent_pid:
        time.sleep(_PARENT_CHECK_S)
    os._exit(1)


def _limit_resources(memory_limit_bytes: int | None) -> None:
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - slow to import, and rarely needed

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if memory_limit_bytes is not None:
        with contextlib.suppress(ValueError, OSError):
            _, hard = resource.getrlimit(resource.RLIMIT_AS)
            resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, hard))
