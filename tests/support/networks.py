"""The networks of MLPerf Tiny: the benchmark's where they are, and some of random weights."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command_line import ROOT, environment
from tests.support.shared import made_once

REFERENCE_MODELS = ROOT.parent / "shared" / "models"


def random_networks(factory: pytest.TempPathFactory) -> Path:
    """A folder with the networks of benchmarks/models.py, made once in a test session."""

    def make(folder: Path) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "benchmarks.models", str(folder)]
        subprocess.run(command, check=True, capture_output=True, env=environment())

    return made_once(factory, "networks", make)


def keyword_spotting(factory: pytest.TempPathFactory) -> Path:
    """kws, with random weights where the benchmark's are absent."""
    given = REFERENCE_MODELS / "kws.tflite"
    return given if given.exists() else random_networks(factory) / "kws_random.tflite"
