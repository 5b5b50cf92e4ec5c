"""How much to try: `make test` must end in minutes, `make test-long` may take hours."""

from __future__ import annotations

import os

LONG = os.environ.get("TINYDEPLOY_TESTS") == "long"


def effort(usual: int, long: int) -> int:
    """How many cases to run."""
    return long if LONG else usual
