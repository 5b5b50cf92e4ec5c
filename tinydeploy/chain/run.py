"""Does one trial, start to end, in the process that it is called in; TensorFlow is loaded there."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from tinydeploy.boards import load_board
from tinydeploy.chain.measure import measure
from tinydeploy.chain.store import read_outcome, write_outcome
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Outcome, Setting, Trial
from tinydeploy.compress.dataset import Dataset, Split, read_dataset, split
from tinydeploy.compress.fit import fit
from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.record import LayerRecord
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.keras import load_keras

_STATISTICS_SAMPLES = 500


def run_trial(setting: Setting, trial: Trial) -> Outcome:
    """Apply the trial's last step to its parent's model, train and measure; or return the stored.

    Raises TinydeployError: whatever is wrong with model, data, board, or the step.
    """
    stored = read_outcome(setting, trial)
    if stored is not None:
        return stored
    data = _split(setting)
    start = trial.parent
    path = setting.model if start is None else run_trial(setting, start).model
    model = _load(path)
    layers: tuple[LayerRecord, ...] = ()
    stage = trial.stages[-1] if trial.stages else None
    if stage and stage.step:
        step = stage.step
        samples = [x[:_STATISTICS_SAMPLES] for x in data.train.x]
        compressed = technique(step.technique).apply(model, step.factor, samples)
        model, layers = compressed.model, compressed.layers
    if stage:
        fit(model, data.train, stage.fit, _teacher(setting, trial) if stage.step else None)
    judge = data.test if trial.judge == "test" else data.selection
    figures = measure(
        model,
        data.train,
        judge.first(trial.samples),
        load_board(setting.board),
        setting.optimize,
    )
    return write_outcome(
        setting, trial, figures, tuple(asdict(layer) for layer in layers), model.save
    )


def _teacher(setting: Setting, trial: Trial) -> Any:
    """The original, its batch normalizations folded: it only infers."""
    of = trial.teacher
    path = setting.model if of is None else run_trial(setting, of).model
    return fold_batch_norm(_load(path)).model


def _load(path: Path) -> Any:
    """The model, rebuilt from its layers. Raises UnsupportedModelError: custom, or no weights."""
    model = rewrite(load_keras(path)).model
    if model.count_params() == 0:
        raise UnsupportedModelError(
            f"{path} has no weights: there is nothing to compress", "Is it the right model?"
        )
    return model


@lru_cache(maxsize=1)
def _split(setting: Setting) -> Split:
    model = _load(setting.model)
    test: Dataset | None = None if setting.test is None else read_dataset(setting.test, model)
    return split(read_dataset(setting.data, model), test, setting.seed)
