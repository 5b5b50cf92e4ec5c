"""Finished trials on disk: an interrupted search goes on where it stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tinydeploy.chain.trial import Figures, Outcome, Setting, Trial
from tinydeploy.errors import OutputError

_RESULT = "result.json"
_MODEL = "model.keras"


def read_outcome(setting: Setting, trial: Trial) -> Outcome | None:
    """The stored outcome of `trial`; None where it isn't finished, or can't be read."""
    folder = setting.folder / trial.key(setting)
    try:
        content = json.loads((folder / _RESULT).read_text(encoding="utf-8"))
        figures = Figures(**content["figures"])
        layers = tuple(content["layers"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    model = folder / _MODEL
    return Outcome(trial, figures, model, layers) if model.is_file() else None


def write_outcome(
    setting: Setting,
    trial: Trial,
    figures: Figures,
    layers: tuple[dict[str, object], ...],
    save_model: Callable[[Path], None],
) -> Outcome:
    """Store an outcome in one step: the folder appears when it is complete. Raises OutputError."""
    final = setting.folder / trial.key(setting)
    try:
        setting.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=setting.folder, prefix=".trial-") as name:
            part = Path(name, "whole")
            part.mkdir()
            save_model(part / _MODEL)
            content = {"steps": str(trial), "figures": asdict(figures), "layers": layers}
            (part / _RESULT).write_text(json.dumps(content, indent=2), encoding="utf-8")
            if not (final / _RESULT).exists():  # another worker may have done the same work
                part.replace(final)
    except OSError as error:
        raise OutputError(
            f"{final} can't be written: {error.strerror or error}",
            "Make room, then start again: finished trials are kept.",
        ) from error
    return Outcome(trial, figures, final / _MODEL, layers)
