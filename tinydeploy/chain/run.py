"""Does one trial, start to end, in the process that it is called in; TensorFlow is loaded there."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from tinydeploy.boards import load_board
from tinydeploy.chain.apply import apply_stage
from tinydeploy.chain.layer_costs import board_judge
from tinydeploy.chain.measure import measure, to_int8
from tinydeploy.chain.store import (
    StoredAnswers,
    Trained,
    read_figures,
    read_trained,
    write_figures,
    write_trained,
)
from tinydeploy.chain.trial import Outcome, Setting, Stage, Trial, taught_by
from tinydeploy.compress.dataset import Dataset, Split, read_dataset, split
from tinydeploy.compress.fit import ask, fit, float_accuracy, joint_accuracy
from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.harmless_augmentation import harmless_augmentation
from tinydeploy.compress.quantization_aware import without_ranges
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.keras import load_keras
from tinydeploy.frontend.quantization_sizes import QuantizationSize, quantization_sizes
from tinydeploy.frontend.quantize import CALIBRATION_SAMPLES
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.settings import read_rig

_CHANGED_SAMPLES = 2000


def run_trial(setting: Setting, trial: Trial) -> Outcome:
    """Train the trial's model and measure it; what is stored already is taken from there.

    Raises TinydeployError: whatever is wrong with model, data, board, or a step.
    """
    trained = train(setting, trial.stages)
    figures = read_figures(setting, trial)
    if figures is None:
        data = _split(setting)
        judge = data.test if trial.judge == "test" else data.selection
        figures = measure(
            load_model(trained.model),
            data.train,
            judge.first(trial.samples),
            load_board(setting.board),
            setting.optimize,
            Bench(read_rig(setting.rig), setting.wait_s) if setting.rig else None,
        )
        write_figures(setting, trial, figures)
    return Outcome(trial, figures, trained.model, trained.layers)


def run_sizes(setting: Setting, model: Path) -> tuple[QuantizationSize, ...]:
    """The sizes of a .keras file by kind of quantization. Raises what quantize() does."""
    loaded = load_model(model)
    data = _split(setting).train.calibration(CALIBRATION_SAMPLES)
    return quantization_sizes(from_keras(loaded), from_keras(without_ranges(loaded)), data)


def run_int8(setting: Setting, model: Path) -> bytes:
    """A .keras file of a trial as .tflite, as it was measured. Raises what quantize() does."""
    return to_int8(load_model(model), _split(setting).train)


def run_augmentation(setting: Setting) -> str:
    """What the original sees through of changed images: a name for augment()."""
    seen = _split(setting).selection.first(_CHANGED_SAMPLES)
    return harmless_augmentation(load_model(setting.model), seen, setting.seed)


def train(setting: Setting, stages: tuple[Stage, ...]) -> Trained:
    """The model after `stages`: the last one is applied to that of those before.

    What is stored already is taken from there. Raises TinydeployError, as run_trial() does.
    """
    stored = read_trained(setting, stages)
    if stored is not None:
        return stored
    data = _split(setting)
    if not stages:
        return write_trained(setting, stages, (), load_model(setting.model).save)
    model = load_model(train(setting, stages[:-1]).model)
    stage = stages[-1]
    if stage.step is None:
        fit(model, data.train, stage.fit)
        return write_trained(setting, stages, (), model.save)
    who, teachers = _teachers(setting, taught_by(stages))
    answers = partial(StoredAnswers, setting, who)
    done = apply_stage(model, stage, data.train, teachers, answers, board_judge(setting))
    layers = tuple(asdict(layer) for layer in done.layers)
    return write_trained(setting, stages, layers, done.model.save)


def ask_teachers(setting: Setting, stages: tuple[Stage, ...], view: int) -> None:
    """Store what the teachers of the last of `stages` answer to a view of the training samples.

    What is stored already stays. Raises TinydeployError, as run_trial() does.
    """
    who, teachers = _teachers(setting, taught_by(stages))
    how = stages[-1].fit
    answers = StoredAnswers(setting, who, how)
    if answers.get(view) is None:
        answers[view] = ask(teachers, _split(setting).train, how, view)


@lru_cache(maxsize=1)
def _teachers(
    setting: Setting, who: tuple[tuple[Stage, ...], ...]
) -> tuple[tuple[tuple[Stage, ...], ...], tuple[Any, ...]]:
    """The stages of the original and its coaches, and their models; () without training.

    The original alone where coaches are no help.
    """
    models = [load_model(train(setting, one).model) for one in who]
    folded = tuple(fold_batch_norm(model).model for model in models)  # they only infer
    seen = _split(setting).selection
    if len(folded) > 1 and joint_accuracy(folded, seen) < float_accuracy(folded[0], seen):
        return who[:1], folded[:1]
    return who, folded


def load_model(path: Path) -> Any:
    """Return a keras.Model, rebuilt from its layers, all of which can be trained.

    Raises ModelFileError; UnsupportedModelError: custom layers, or no weights.
    """
    model = rewrite(load_keras(path)).model
    if model.count_params() == 0:
        raise UnsupportedModelError(
            f"{path} has no weights: there is nothing to compress", "Is it the right model?"
        )
    for layer in model.layers:
        layer.trainable = True  # what was frozen before it was cut has to learn again
    return model


@lru_cache(maxsize=1)
def _split(setting: Setting) -> Split:
    model = load_model(setting.model)
    test: Dataset | None = None if setting.test is None else read_dataset(setting.test, model)
    return split(read_dataset(setting.data, model), test, setting.seed)
