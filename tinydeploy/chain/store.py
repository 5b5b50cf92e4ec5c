"""Finished work on disk: an interrupted search goes on where it stopped.

Each sequence of stages has a folder: the trained model, and a file for each time it was measured.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tinydeploy.chain.trial import Figures, Setting, Stage, Trial, stages_key
from tinydeploy.compress.fit import Fit
from tinydeploy.errors import OutputError
from tinydeploy.ir.graph import Array
from tinydeploy.report.files import write_bytes, write_json

_MODEL = "model.keras"
_PART_PREFIX = ".model-"
_STALE_AFTER_S = 600
_LAYERS = "layers.json"


@dataclass(frozen=True, slots=True)
class Trained:
    """A model after its stages, and what the last of them did to each layer."""

    model: Path
    layers: tuple[dict[str, Any], ...]


def remove_stale_parts(setting: Setting) -> None:
    """Remove what a killed search was writing; what is younger may be another one's at work."""
    oldest = time.time() - _STALE_AFTER_S
    for part in setting.folder.glob(f"{_PART_PREFIX}*"):
        with contextlib.suppress(OSError):  # its owner removed it meanwhile
            if part.stat().st_mtime < oldest:
                shutil.rmtree(part)


def read_trained(setting: Setting, stages: Sequence[Stage]) -> Trained | None:
    """The stored model; None where there is none, or it can't be read."""
    folder = setting.folder / stages_key(setting, stages)
    try:
        layers = tuple(json.loads((folder / _LAYERS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    model = folder / _MODEL
    return Trained(model, layers) if model.is_file() else None


def write_trained(
    setting: Setting,
    stages: Sequence[Stage],
    layers: tuple[dict[str, Any], ...],
    save_model: Callable[[Path], None],
) -> Trained:
    """Store a model in one step: the folder appears when it is complete. Raises OutputError."""
    final = setting.folder / stages_key(setting, stages)
    try:
        setting.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=setting.folder, prefix=_PART_PREFIX) as name:
            part = Path(name, "whole")
            part.mkdir()
            save_model(part / _MODEL)
            (part / _LAYERS).write_text(json.dumps(layers, indent=2), encoding="utf-8")
            if not (final / _LAYERS).exists():  # another worker may have done the same work
                part.replace(final)
    except OSError as error:
        raise OutputError(
            f"{final} can't be written: {error.strerror or error}",
            "Make room, then start again: what is finished is kept.",
        ) from error
    return Trained(final / _MODEL, layers)


def read_figures(setting: Setting, trial: Trial) -> Figures | None:
    """What was measured of `trial`; None where it wasn't yet, or can't be read."""
    try:
        return Figures(**json.loads(_figures_file(setting, trial).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def write_figures(setting: Setting, trial: Trial, figures: Figures) -> None:
    """Store what was measured, in one step. Raises OutputError."""
    write_json(_figures_file(setting, trial), asdict(figures))


def _figures_file(setting: Setting, trial: Trial) -> Path:
    folder = setting.folder / stages_key(setting, trial.stages)
    return folder / f"{trial.judge}-{trial.samples}.json"


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """What `teachers` answer to the views of the samples in trainings like `fit`.

    Teachers are the stages of their models, in whatever order; the answers lie beside one of these.
    """

    setting: Setting
    teachers: tuple[tuple[Stage, ...], ...]
    fit: Fit

    def get(self, view: int) -> Array | None:
        """The logits, (samples, classes); None where they aren't stored, or can't be read."""
        try:
            answers: Array = np.load(self._file(view), allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        return answers

    def __setitem__(self, view: int, scores: Array) -> None:
        """Store them, in one step. Raises OutputError."""
        content = io.BytesIO()
        np.save(content, scores)
        write_bytes(self._file(view), content.getvalue())

    def _file(self, view: int) -> Path:
        first, *others = sorted(stages_key(self.setting, stages) for stages in self.teachers)
        coaches = hashlib.sha256("".join(others).encode()).hexdigest()[:8]
        name = f"answers-{coaches}-{self.fit.augmentation}-{view}.npy"
        return self.setting.folder / first / name
