"""How a rig holds out: eight emulated boards, two `tinydeploy check` at once, boards dying.

    python -m benchmarks.rig_soak [--rounds 10] [--seed 0]

Prints what happened, and fails where a promise was broken.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.support.rig_soak import soak

_DEVICES = 8
_MODELS = 10
_RUNS_BETWEEN = (2, 6)
_HANG_SHARE = 0.1


def main() -> None:
    """Run the soak: two users × `rounds` × ten models."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = soak(
            Path(folder),
            _DEVICES,
            _MODELS,
            options.rounds,
            _RUNS_BETWEEN,
            _HANG_SHARE,
            options.seed,
        )
    shares = Counter(run.device for run in result.runs)
    print(f"{len(result.runs)} runs in {time.monotonic() - started_s:.0f} s, seed {options.seed}")
    print(f"on {', '.join(f'{name}: {count}' for name, count in sorted(shares.items()))}")
    print(f"failed: {sum(run.status != 'passed' for run in result.runs)}")
    print(f"boards killed or hung: {result.kills}, recovered: {result.recovered}")
    print(f"devices marked bad in some check: {result.marked_bad}")
    for text in result.broken:
        print(f"BROKEN: {text}")
    sys.exit(1 if result.broken else 0)


if __name__ == "__main__":
    main()
