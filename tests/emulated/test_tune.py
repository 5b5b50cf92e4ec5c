"""`tinydeploy tune` measures, keeps the winners, and `run` then uses them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.passes.test_drop_constant_channels import network

BOARD = "qemu_cortex_m4"


def tinydeploy(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tinydeploy", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def report(folder: Path, command: str, *arguments: str) -> dict[str, Any]:
    done = tinydeploy(folder, command, "model.tflite", "-b", BOARD, "--json", "r.json", *arguments)
    assert done.returncode == 0, done.stderr
    content: dict[str, Any] = json.loads((folder / "r.json").read_text())
    return content


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "model.tflite").write_bytes(network(4, dead_share=0.0, padded=True))
    return tmp_path


def test_tuned_model_is_no_slower_and_built_and_exported_with_the_winners(folder: Path) -> None:
    untuned = report(folder, "run")
    tuning = report(folder, "tune")
    tuned = report(folder, "run")
    assert tuning["count_after"] <= tuning["count_before"]
    before, after = (r["measured"]["instructions"]["median"] for r in (untuned, tuned))
    assert after <= before
    winners = [layer["kernel_after"] for layer in tuning["layers"]]
    assert [layer["kernel"] for layer in tuned["measured"]["layers"]] == winners
    assert tuned["verify"]["mismatched_bytes"] == 0
    assert tinydeploy(folder, "export", "model.tflite", "-b", BOARD).returncode == 0
    (built,) = (folder / "build").rglob("model.c")
    assert (folder / "model_library" / "model.c").read_bytes() == built.read_bytes()


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 99, "entries": {}}', '{"entries": 3}'])
def test_damaged_tune_file_is_refused(folder: Path, content: str) -> None:
    (folder / "tinydeploy.tune.json").write_text(content)
    done = tinydeploy(folder, "build", "model.tflite", "-b", BOARD)
    assert done.returncode == 2
    assert done.stderr.count("error:") == 1
    assert "tinydeploy.tune.json" in done.stderr
