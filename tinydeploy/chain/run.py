"""Does one trial, start to end, in the process that it is called in; TensorFlow is loaded there."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from tinydeploy.boards import load_board
from tinydeploy.chain.measure import measure
from tinydeploy.chain.store import (
    Trained,
    read_figures,
    read_trained,
    write_figures,
    write_trained,
)
from tinydeploy.chain.techniques import technique
from tinydeploy.chain.trial import Outcome, Setting, Stage, Trial
from tinydeploy.compress.dataset import Dataset, Split, read_dataset, split
from tinydeploy.compress.fit import fit
from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.quantization_aware import check_not_quantization_aware, without_ranges
from tinydeploy.compress.record import LayerRecord
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.keras import load_keras
from tinydeploy.frontend.quantization_sizes import QuantizationSize, quantization_sizes
from tinydeploy.frontend.quantize import CALIBRATION_SAMPLES

_STATISTICS_SAMPLES = 500


def run_trial(setting: Setting, trial: Trial) -> Outcome:
    """Train the trial's model and measure it; what is stored already is taken from there.

    Raises TinydeployError: whatever is wrong with model, data, board, or a step.
    """
    trained = _train(setting, trial.stages)
    figures = read_figures(setting, trial)
    if figures is None:
        data = _split(setting)
        judge = data.test if trial.judge == "test" else data.selection
        figures = measure(
            _load(trained.model),
            data.train,
            judge.first(trial.samples),
            load_board(setting.board),
            setting.optimize,
        )
        write_figures(setting, trial, figures)
    return Outcome(trial, figures, trained.model, trained.layers)


def run_sizes(setting: Setting, model: Path) -> tuple[QuantizationSize, ...]:
    """The sizes of a .keras file by kind of quantization. Raises what quantize() does."""
    loaded = _load(model)
    data = _split(setting).train.calibration(CALIBRATION_SAMPLES)
    return quantization_sizes(from_keras(loaded), from_keras(without_ranges(loaded)), data)


def _train(setting: Setting, stages: tuple[Stage, ...]) -> Trained:
    """The model after `stages`: the last one is applied to that of those before."""
    stored = read_trained(setting, stages)
    if stored is not None:
        return stored
    data = _split(setting)
    if not stages:
        return write_trained(setting, stages, (), _load(setting.model).save)
    model = _load(_train(setting, stages[:-1]).model)
    layers: tuple[LayerRecord, ...] = ()
    stage = stages[-1]
    if stage.step:
        check_not_quantization_aware(model)
        samples = [x[:_STATISTICS_SAMPLES] for x in data.train.x]
        chosen = technique(stage.step.technique)
        applied = chosen.apply(model, stage.step.factor, samples)
        model, layers = applied.model, applied.layers
    if not stage.step or chosen.is_trained_after:
        fit(model, data.train, stage.fit, _teacher(setting, stages) if stage.step else None)
    return write_trained(setting, stages, tuple(asdict(layer) for layer in layers), model.save)


def _teacher(setting: Setting, stages: tuple[Stage, ...]) -> Any:
    """The original, once it is trained; its batch normalizations folded, as it only infers."""
    original = tuple(stage for stage in stages[:1] if stage.step is None)
    return fold_batch_norm(_load(_train(setting, original).model)).model


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
