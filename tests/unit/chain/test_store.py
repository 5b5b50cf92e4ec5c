from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import numpy as np
import pytest

from tinydeploy.chain.store import StoredAnswers, read_trained, remove_stale_parts, write_trained
from tinydeploy.chain.trial import Setting, Stage, Step
from tinydeploy.compress.fit import Fit
from tinydeploy.config import Optimize
from tinydeploy.errors import OutputError

STAGES = (Stage(Step("prune-channels", 2), Fit(1)),)


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    model, data = tmp_path / "m.keras", tmp_path / "d.npz"
    folder = tmp_path / "store"
    return Setting(model, data, None, "qemu_cortex_m4", Optimize.SPEED, folder, 0, "0")


def test_only_old_parts_of_models_are_removed(setting: Setting) -> None:
    write_trained(setting, STAGES, (), Path.touch)
    for name, age_s in (("old", 3600), ("young", 1)):
        part = setting.folder / f".model-{name}" / "whole"
        part.mkdir(parents=True)
        then = time.time() - age_s
        os.utime(part.parent, (then, then))
    remove_stale_parts(setting)
    assert [p.name for p in setting.folder.glob(".*")] == [".model-young"]
    assert read_trained(setting, STAGES) is not None


def test_full_disk_keeps_what_is_finished(setting: Setting) -> None:
    def fill(path: Path) -> None:
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    write_trained(setting, STAGES, (), Path.touch)
    with pytest.raises(OutputError, match="No space left"):
        write_trained(setting, STAGES * 2, (), fill)
    assert read_trained(setting, STAGES) is not None
    assert read_trained(setting, STAGES * 2) is None
    assert list(setting.folder.glob(".*")) == []


def test_answers_of_a_teacher_are_those_of_like_trainings(setting: Setting) -> None:
    scores = np.array([[0.5, -2.0]], np.float32)
    kept = StoredAnswers(setting, (STAGES,), Fit(9, augmentation="flip"))
    kept[3] = scores
    again = StoredAnswers(setting, (STAGES,), Fit(2, 0.1, augmentation="flip", seed=1))
    found = again.get(3)
    assert found is not None
    assert np.array_equal(found, scores)
    other_view = kept.get(4)
    others = [
        StoredAnswers(setting, teachers, fit).get(3)
        for teachers, fit in (
            ((STAGES,), Fit(9, augmentation="shift")),
            ((STAGES * 2,), Fit(9, augmentation="flip")),
            ((STAGES, STAGES * 2), Fit(9, augmentation="flip")),
        )
    ]
    assert [other_view, *others] == [None] * 4


def test_teachers_of_all_seeds_say_the_same_together(setting: Setting) -> None:
    trio = tuple((Stage(None, Fit(3, seed=seed)),) for seed in range(3))
    StoredAnswers(setting, trio, Fit(9))[0] = np.ones((2, 2), np.float32)
    assert StoredAnswers(setting, (*trio[1:], trio[0]), Fit(9, seed=1)).get(0) is not None
    assert StoredAnswers(setting, trio[:2], Fit(9)).get(0) is None


def test_damaged_answers_are_asked_for_again(setting: Setting) -> None:
    kept = StoredAnswers(setting, (STAGES,), Fit(9))
    kept[0] = np.zeros((2, 2), np.float32)
    (file,) = setting.folder.glob("*/answers-*")
    file.write_bytes(file.read_bytes()[:-3])
    assert kept.get(0) is None
