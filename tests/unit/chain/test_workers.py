from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.chain.dying import run_and_die
from tinydeploy.chain import workers
from tinydeploy.chain.trial import Outcome, Setting, Stage, Step, Trial
from tinydeploy.chain.workers import open_workers
from tinydeploy.compress.fit import Fit
from tinydeploy.config import Optimize
from tinydeploy.errors import DeviceError


def that_dies(times: int) -> Trial:
    return Trial((Stage(Step(f"dies-{times}-times"), Fit(0, seed=times)),))


def test_trial_of_a_dead_worker_is_tried_again_and_given_up_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "run_trial", run_and_die)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    setting = Setting(tmp_path, tmp_path, None, "host", Optimize.SPEED, tmp_path / "deaths", 0, "0")
    with open_workers(None, 1) as pool:
        well, again, never = pool.run(setting, [that_dies(n) for n in (0, 1, 99)])
    assert isinstance(well, Outcome)
    assert isinstance(again, Outcome)
    assert isinstance(never, DeviceError)
    assert "dies-99-times died 3 times" in never.message
    deaths = sorted(path.name[:12] for path in setting.folder.iterdir())
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0", "its own is what this process goes on with"
    assert "OMP_NUM_THREADS" not in os.environ
    assert deaths == ["dies-1-times", *["dies-99-time"] * 3]
