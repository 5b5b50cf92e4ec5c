"""Whole `verify` runs over a line that damages one byte in a hundred, falls silent, and resets.

A run may end in success or in a clear error, never in a wrong number, and never late. More of it:
    TINYDEPLOY_TESTS=long python -m pytest tests/emulated/test_wire_soak.py -s
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.support.effort import effort
from tests.support.faulty_line import Counts, Faults, faulty_line
from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.errors import DeviceError
from tinydeploy.pipeline import Built, Samples

pytestmark = pytest.mark.emulated
MODEL = Path(__file__).parents[1] / "gate" / "digits.tflite"
RUNS = effort(usual=6, long=300)
LONGEST_RUN_S = 180
FAULTS = {
    "damage": Faults(),
    "cuts": Faults(cuts_per_s=0.3),
    "resets": Faults(byte_rate=0.002, resets_per_s=0.3),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Samples]:
    loaded = pipeline.load(MODEL, None)
    folder = tmp_path_factory.mktemp("soak") / "project"
    built = pipeline.build(pipeline.compile_model(loaded, load_board("host")), folder)
    return built, pipeline.choose_samples(loaded, None, 3, seed=5)


def verdict(built: Built, samples: Samples, url: str) -> str:
    """How a run ended; the numbers that it returned are right."""
    try:
        measurement, verification = pipeline.measure(built, samples, url)
    except DeviceError as error:
        return error.message.split(":")[0][:60]
    assert verification.mismatched_bytes == 0
    assert verification.samples == len(measurement.counts) == len(samples.inputs)
    assert measurement.arena_bytes == built.compiled.plan.arena_bytes
    return "success"


@pytest.mark.parametrize("kind", FAULTS)
def test_runs_over_a_bad_line(prepared: tuple[Built, Samples], kind: str) -> None:
    built, samples = prepared
    ends: Counter[str] = Counter()
    counts: list[Counts] = []
    for seed in range(max(1, RUNS // len(FAULTS))):
        with faulty_line(built.result.elf, FAULTS[kind], seed) as line:
            started = time.monotonic()
            ends[verdict(built, samples, line.url)] += 1
            assert time.monotonic() - started < LONGEST_RUN_S
            counts.append(line.counts)
    frames, faults = sum(c.frames for c in counts), sum(c.faults for c in counts)
    sys.stdout.write(f"\n{kind}: {dict(ends)}, {frames} frames, {faults} bytes damaged\n")
    assert faults > 0
    assert "" not in ends
    if kind == "damage":
        assert set(ends) == {"success"}
