from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, FLOAT64_ERROR, relative_error
from tests.unit.compress.conftest import RANDOM_MODELS, MakeModel, randomize
from tinydeploy.compress.low_rank import METHODS
from tinydeploy.compress.low_rank.factorization import Factorization
from tinydeploy.compress.low_rank.factorize import factorize
from tinydeploy.compress.low_rank.ranks import Energy
from tinydeploy.compress.low_rank.spatial_svd import SpatialSvd
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.survey import weighted_layers


def at_full_rank(model: Any, method: type[Factorization]) -> tuple[Any, int]:
    """The model with each layer that the method takes apart, and their number."""
    traced = rewrite(model)
    layers = {n: x for n, x in weighted_layers(traced).items() if not method.obstacle(x)}
    chains = {}
    for name, layer in layers.items():
        factorization = method(layer)
        chains[name] = factorization.chain(factorization.full_ranks)
    return rewrite(traced.model, chains).model, len(layers)


@pytest.mark.parametrize("seed", range(RANDOM_MODELS))
def test_full_rank_matches_the_original(random_model: MakeModel, seed: int) -> None:
    model = random_model(seed)
    errors = {m.NAME: relative_error(model, at_full_rank(model, m)[0]) for m in METHODS}
    assert max(errors.values()) < FLOAT64_ERROR, errors


@pytest.mark.parametrize(
    "settings",
    [
        {"padding": "same"},
        {"padding": "valid", "strides": 2},
        {"padding": "same", "strides": (2, 2), "activation": "relu"},
        {"padding": "same", "strides": (1, 3), "use_bias": False},
        {"padding": "valid", "dilation_rate": 2},
        {"padding": "same", "dilation_rate": (1, 2), "activation": "tanh"},
        {"kernel_size": (5, 2), "padding": "same", "strides": 2},
        {"kernel_size": 1},
    ],
)
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.NAME)
def test_settings_are_kept(
    keras: Any, method: type[Factorization], settings: dict[str, Any]
) -> None:
    conv = keras.layers.Conv2D(filters=6, **{"kernel_size": 3, **settings})
    model = keras.Sequential([keras.Input((11, 10, 4)), conv, keras.layers.Dense(3)])
    randomize(model)
    factorized, _ = at_full_rank(model, method)
    assert relative_error(model, factorized) < FLOAT32_ERROR


@pytest.mark.parametrize("padding", ["same", "valid", "causal"])
@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.NAME)
def test_1d_convolutions(keras: Any, method: type[Factorization], padding: str) -> None:
    conv = keras.layers.Conv1D(6, 3, padding=padding, dilation_rate=2, activation="relu")
    model = keras.Sequential([keras.Input((14, 4)), conv])
    randomize(model)
    factorized, _ = at_full_rank(model, method)
    assert relative_error(model, factorized) < FLOAT32_ERROR


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.NAME)
def test_each_method_takes_layers_of_random_models_apart(
    random_model: MakeModel, method: type[Factorization]
) -> None:
    """Else the test of full ranks above would compare models with their copies."""
    counts = [at_full_rank(random_model(seed), method)[1] for seed in range(10)]
    assert np.count_nonzero(counts) > 3


@pytest.mark.parametrize(("channels", "is_taken"), [(1, False), (3, False), (4, True)])
def test_columns_of_few_channels_are_left_whole(keras: Any, channels: int, is_taken: bool) -> None:
    """On the emulated M4 they took more instructions than the layer as it was."""
    conv = keras.layers.Conv2D(16, 3, name="first")
    model = keras.Sequential([keras.Input((8, 8, channels)), conv])
    randomize(model)
    done = factorize(model, SpatialSvd, Energy(0.5))
    assert [layer.changed for layer in done.layers] == [is_taken]
    assert ("not faster in columns" in done.layers[0].note) != is_taken
