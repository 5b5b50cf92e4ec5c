from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydeploy.chain import apply, run
from tinydeploy.chain.apply import apply_stage
from tinydeploy.chain.run import load_model
from tinydeploy.chain.survey import run_survey
from tinydeploy.chain.trial import Setting, Stage, Step
from tinydeploy.compress.correct_bias import correct_bias
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fit import Fit
from tinydeploy.compress.size import model_macs
from tinydeploy.config import Optimize
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.tensorflow_env import import_keras

NO_TRAINING = Fit(0)
SPATIAL = Step("spatial-svd", 1.5)


@pytest.fixture(scope="module")
def keras() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return import_keras()


@pytest.fixture(scope="module")
def model(keras: Any) -> Any:
    """77 % of the MACs are in the convolutions, 97 % of the weights in the dense layers."""
    layers = keras.layers
    return keras.Sequential([
        keras.Input((12, 12, 4)), layers.Conv2D(14, 3, padding="same", name="first"),
        layers.MaxPooling2D(2), layers.Conv2D(10, 1, name="second"), layers.Flatten(),
        layers.Dense(64, activation="relu", name="hidden"), layers.Dense(3, name="scores"),
    ])  # fmt: skip


def some_data() -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset((rng.random((20, 12, 12, 4), np.float32),), np.arange(20) % 3)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # saving
def test_survey_tells_what_each_technique_reaches(model: Any, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    model.save(path)
    shares = run_survey(Setting(path, path, None, "host", Optimize.SPEED, tmp_path, 0, ""))
    macs = {"first": 144 * 36 * 14, "second": 36 * 14 * 10, "dense": 360 * 64 + 64 * 3}
    whole = sum(macs.values())
    assert shares["prune-channels"] == {"macs": 1, "weights": 1}
    assert shares["spatial-svd"]["macs"] == pytest.approx(macs["first"] / whole)
    assert shares["dense-svd"]["macs"] == pytest.approx(macs["dense"] / whole)
    assert shares["dense-svd"]["weights"] > 0.95


def test_rounds_end_where_one_step_would(model: Any) -> None:
    """With few channels a round removes more than its share: the next ones make up for it."""
    reached, layers = {}, {}
    for rounds in (1, 3):
        stage = Stage(Step("prune-channels", 4), NO_TRAINING, rounds, NO_TRAINING)
        done = apply_stage(model, stage, some_data(), ())
        reached[rounds] = model_macs(done.model)
        layers[rounds] = {x.name: (x.macs_before, x.macs_after) for x in done.layers}
        assert sum(x.macs_after for x in done.layers) == reached[rounds]
    assert reached[3] <= model_macs(model) / 4
    assert reached[3] == pytest.approx(reached[1], rel=0.15)
    assert [before for before, _ in layers[3].values()] == [b for b, _ in layers[1].values()]


def test_nothing_is_applied_after_training_for_int8(model: Any) -> None:
    data = some_data()
    aware = apply_stage(model, Stage(Step("qat"), NO_TRAINING), data, ()).model
    with pytest.raises(UnsupportedModelError, match="went through quantization-aware"):
        apply_stage(aware, Stage(Step("prune-channels", 2), NO_TRAINING), data, ())


def test_corrected_biases_are_not_trained_again(model: Any) -> None:
    data = some_data()
    corrected = apply_stage(model, Stage(Step("correct-bias"), Fit(1)), data, ()).model
    untrained = correct_bias(model, data.x)
    for ours, wanted in zip(corrected.get_weights(), untrained.get_weights(), strict=True):
        assert np.array_equal(ours, wanted)


def test_model_without_weights_is_refused(keras: Any, tmp_path: Path) -> None:
    path = tmp_path / "weightless.keras"
    keras.Sequential([keras.Input((4, 3)), keras.layers.GlobalMaxPooling1D()]).save(path)
    with pytest.raises(UnsupportedModelError, match="no weights"):
        load_model(path)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # saving
def test_frozen_layers_can_learn_again(model: Any, keras: Any, tmp_path: Path) -> None:
    frozen = keras.models.clone_model(model)
    frozen.get_layer("first").trainable = False
    frozen.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    assert len(loaded.trainable_variables) == len(model.trainable_variables)


def test_compressed_model_trains_without_dropout_the_original_keeps_its_own(keras: Any) -> None:
    layers = keras.layers
    original = keras.Sequential(
        [
            keras.Input((12, 12, 3)),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.5),
            layers.GaussianNoise(0.1),
            layers.Dense(3, activation="softmax"),
        ]
    )
    stage = Stage(Step("prune-channels", 2.0), Fit(0))
    done = apply_stage(original, stage, some_data(), [original])
    kinds = [type(layer).__name__ for layer in done.model.layers]
    assert [kind for kind in kinds if kind in {"Dropout", "GaussianNoise"}] == []
    assert kinds.count("Dense") == 2
    assert "Dropout" in [type(layer).__name__ for layer in original.layers]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # saving
@pytest.mark.parametrize("helps", [True, False])
def test_coaches_teach_where_they_help(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, helps: bool
) -> None:
    path, data = tmp_path / "model.keras", tmp_path / "data.npz"
    model.save(path)
    rng = np.random.default_rng(0)
    np.savez(data, x=rng.random((90, 12, 12, 4), np.float32), y=np.arange(90) % 3)
    taught_by: list[int] = []

    def noting(model: Any, data: Dataset, how: Fit, teachers: Any, **_: Any) -> None:
        taught_by.append(len(teachers))

    monkeypatch.setattr(apply, "fit", noting)
    monkeypatch.setattr(run, "joint_accuracy", lambda *_: 1.0 if helps else 0.0)
    setting = Setting(path, data, None, "host", Optimize.SPEED, tmp_path / "store", 0, "")
    run.train(setting, (Stage(SPATIAL, Fit(1), coaches=(Fit(1), Fit(1, seed=1))),))
    assert taught_by == [2 if helps else 1]
