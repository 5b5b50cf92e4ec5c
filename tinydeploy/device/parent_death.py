"""Programs that must not outlive us, even where we are killed and can't end them ourselves."""

from __future__ import annotations

import ctypes
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _ask_the_kernel() -> None:
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


END_WITH_PARENT: Callable[[], None] | None = _ask_the_kernel if _libc is not None else None
"""For `preexec_fn`: the kernel kills the program as soon as the thread that started it ends.

None where the kernel can't do that. It concerns that program alone, not what it starts itself.
"""
