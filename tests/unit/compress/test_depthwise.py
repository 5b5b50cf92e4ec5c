from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, FLOAT64_ERROR, relative_error
from tests.unit.compress.conftest import RANDOM_MODELS, MakeModel, randomize
from tinydeploy.compress.depthwise import separate_convolutions, separated
from tinydeploy.compress.pieces import conv_obstacle, depthwise_obstacle
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.size import model_macs
from tinydeploy.compress.survey import weighted_layers
from tinydeploy.errors import UsageError

ALL_WINDOWS = 100


@pytest.mark.parametrize("seed", range(RANDOM_MODELS))
def test_all_windows_match_the_original(random_model: MakeModel, seed: int) -> None:
    model = random_model(seed)
    traced = rewrite(model)
    chains = {
        name: separated(layer, ALL_WINDOWS)
        for name, layer in weighted_layers(traced).items()
        if not (conv_obstacle(layer) or depthwise_obstacle(layer))
    }
    assert relative_error(model, rewrite(traced.model, chains).model) < FLOAT64_ERROR


@pytest.mark.parametrize(
    "settings",
    [
        {"padding": "same", "strides": 2, "activation": "relu"},
        {"padding": "valid", "dilation_rate": 2},
        {"padding": "same", "kernel_size": (5, 2), "use_bias": False},
    ],
)
def test_separable_kernel_is_found(keras: Any, settings: dict[str, Any]) -> None:
    """A kernel that is depthwise and 1x1 in truth is replaced without loss."""
    conv = keras.layers.Conv2D(filters=20, **{"kernel_size": 3, **settings}, name="conv")
    model = keras.Sequential([keras.Input((12, 11, 6)), conv])
    randomize(model)
    rng = np.random.default_rng(0)
    windows, mixing = rng.normal(0, 1, (*conv.kernel_size, 6, 1)), rng.normal(0, 1, (6, 20))
    conv.set_weights([windows * mixing, *conv.get_weights()[1:]])
    found = separate_convolutions(model)
    assert [type(x).__name__ for x in found.model.layers[1:]] == ["DepthwiseConv2D", "Conv2D"]
    assert found.layers[0].macs_after == model_macs(found.model) < model_macs(model)
    assert relative_error(model, found.model) < FLOAT32_ERROR


def test_layers_that_stay_say_why(residual_model: Any) -> None:
    found = separate_convolutions(residual_model, skip=["stem"])
    notes = {layer.name: layer.note for layer in found.layers if not layer.changed}
    assert notes == {
        "stem": "skipped",
        "depthwise": "a DepthwiseConv2D",
        "side": "a 1x1 convolution",
        "scores": "a Dense",
    }
    separate_all = separate_convolutions(residual_model, multiplier=9)
    notes = {layer.name: layer.note for layer in separate_all.layers}
    assert notes["inner"] == "depthwise and 1x1, multiplier 9, has not fewer MACs"


def test_fit_is_the_best_of_its_rank(residual_model: Any) -> None:
    """The squared error is what the singular values beyond the multiplier add up to."""
    layer = residual_model.get_layer("inner")
    kernel = layer.get_weights()[0].astype(np.float64)
    values = np.linalg.svd(kernel.reshape(9, 8, 8).transpose(1, 0, 2), compute_uv=False)
    for multiplier in (1, 2, 3):
        (windows,), (mixing, _) = (part.weights for part in separated(layer, multiplier))
        mixing = mixing.reshape(8, multiplier, 8)
        error = np.square(np.einsum("hwim,imo->hwio", windows, mixing) - kernel).sum()
        assert error == pytest.approx(np.square(values[:, multiplier:]).sum())


def test_no_window_is_refused(residual_model: Any) -> None:
    with pytest.raises(UsageError, match="0 windows"):
        separate_convolutions(residual_model, multiplier=0)
