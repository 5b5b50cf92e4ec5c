from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, outputs_of, relative_error
from tests.unit.compress.conftest import randomize
from tinydeploy.compress.judge import Replaced
from tinydeploy.compress.low_rank import METHODS
from tinydeploy.compress.low_rank.channel_svd import ChannelSvd
from tinydeploy.compress.low_rank.cp import Cp
from tinydeploy.compress.low_rank.dense_svd import DenseSvd
from tinydeploy.compress.low_rank.evbmf import evbmf_rank
from tinydeploy.compress.low_rank.factorization import Factorization
from tinydeploy.compress.low_rank.factorize import factorize
from tinydeploy.compress.low_rank.ranks import Balanced, Energy, Evbmf, MacFactor
from tinydeploy.compress.low_rank.spatial_svd import SpatialSvd
from tinydeploy.compress.low_rank.spectrum import spectrum_of
from tinydeploy.compress.low_rank.statistics import measure, patches_of
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.size import model_macs
from tinydeploy.errors import CalibrationError, UsageError
from tinydeploy.ir.graph import Array


@pytest.fixture
def images() -> Array:
    """Smooth images: neighbouring pixels and channels are correlated, as in real ones."""
    rng = np.random.default_rng(5)
    coarse = rng.normal(0, 1, (40, 4, 4, 1)) + 0.2 * rng.normal(0, 1, (40, 4, 4, 3))
    return coarse.repeat(3, axis=1).repeat(3, axis=2).astype(np.float32)


@pytest.mark.parametrize("method", METHODS[:4], ids=lambda method: method.NAME)
def test_target_is_reached_and_the_record_adds_up(
    residual_model: Any, method: type[Factorization]
) -> None:
    compressed = factorize(residual_model, method, MacFactor(1.5))
    macs = model_macs(compressed.model)
    assert sum(layer.macs_before for layer in compressed.layers) == model_macs(residual_model)
    assert sum(layer.macs_after for layer in compressed.layers) == macs
    # With 8 channels a rank is a large step.
    assert 1 / 1.65 < macs / model_macs(residual_model) <= 1 / 1.5


def test_full_energy_leaves_every_layer_alone_and_says_so(residual_model: Any) -> None:
    compressed = factorize(residual_model, SpatialSvd, Energy(1))
    notes = {layer.name: layer.note for layer in compressed.layers}
    assert not any(layer.changed for layer in compressed.layers)
    assert notes["inner"] == "spatial-svd, rank 24 of 24 has not fewer MACs"
    assert notes["side"] == "a window of one row or column"
    assert notes["depthwise"] == "a DepthwiseConv2D"
    assert relative_error(residual_model, compressed.model) == 0


def test_factor_that_the_judge_prevents_is_refused_with_its_reason(residual_model: Any) -> None:
    def judge(replaced: Mapping[str, Replaced]) -> dict[str, str]:
        return dict.fromkeys(replaced, "slower here")

    with pytest.raises(UsageError, match=r'1\.4 times fewer MACs.*".+" is left: slower here, and'):
        factorize(residual_model, ChannelSvd, MacFactor(1.4), judge=judge)


def test_layer_that_the_judge_speaks_for_is_left_and_others_make_up_for_it(
    residual_model: Any,
) -> None:
    asked: list[set[str]] = []

    def judge(replaced: Mapping[str, Replaced]) -> dict[str, str]:
        asked.append(set(replaced))
        first = next(iter(replaced))
        return {first: "slower here"} if len(asked) == 1 else {}

    free = factorize(residual_model, ChannelSvd, MacFactor(1.4))
    judged = factorize(residual_model, ChannelSvd, MacFactor(1.4), judge=judge)
    refused = next(layer for layer in judged.layers if layer.note.endswith("is left: slower here"))
    assert not refused.changed
    assert refused.macs_after == refused.macs_before
    assert [refused.name in names for names in asked] == [True, False]
    assert model_macs(judged.model) <= model_macs(residual_model) / 1.4
    others = {layer.name: layer.macs_after for layer in free.layers if layer.name != refused.name}
    assert sum(layer.macs_after for layer in judged.layers if layer.name in others) < sum(
        others.values()
    )


def test_kernel_of_low_rank_is_found_by_energy_and_by_evbmf(keras: Any) -> None:
    layer = keras.layers.Dense(30, name="dense")
    model = keras.Sequential([keras.Input((40,)), layer])
    rng = np.random.default_rng(3)
    exact = rng.normal(0, 1, (40, 4)) @ rng.normal(0, 1, (4, 30))
    layer.set_weights([exact, rng.normal(0, 1, 30)])
    factorized = factorize(model, DenseSvd, Energy(0.9999999))
    assert factorized.layers[0].note == "dense-svd, rank 4 of 30"
    assert factorized.layers[0].weights_after == 4 * (40 + 30) + 30
    assert relative_error(model, factorized.model) < FLOAT32_ERROR
    layer.set_weights([exact + rng.normal(0, 0.2, exact.shape), np.zeros(30)])
    assert factorize(model, DenseSvd, Evbmf()).layers[0].note == "dense-svd, rank 4 of 30"


def test_evbmf_finds_no_signal_in_noise() -> None:
    noise = np.random.default_rng(0).normal(0, 3, (60, 200))
    assert evbmf_rank(spectrum_of(noise)) == 0
    assert evbmf_rank(spectrum_of(noise.T)) == 0


def test_evbmf_refuses_a_method_without_matrices(residual_model: Any) -> None:
    with pytest.raises(UsageError, match=r"EVBMF .* cp uses none"):
        factorize(residual_model, Cp, Evbmf())


@pytest.mark.parametrize("method", [SpatialSvd, ChannelSvd], ids=lambda method: method.NAME)
def test_samples_lower_the_error_on_inputs_like_them(
    residual_model: Any, images: Array, method: type[Factorization]
) -> None:
    known, unseen = images[:30], [images[30:]]
    expected = outputs_of(residual_model, unseen)[0]

    def error(samples: list[Array] | None) -> float:
        compressed = factorize(residual_model, method, MacFactor(2), samples).model
        return float(np.square(outputs_of(compressed, unseen)[0] - expected).mean())

    assert error([known]) < 0.8 * error(None)


@pytest.mark.parametrize("method", [SpatialSvd, ChannelSvd, DenseSvd])
def test_samples_leave_the_full_rank_exact(
    residual_model: Any, images: Array, method: type[Factorization]
) -> None:
    traced = rewrite(residual_model)
    names = [c.layer.name for c in traced.calls if c.layer.name in {"inner", "last", "scores"}]
    chains = {}
    for name, known in measure(traced, names, [images]).items():
        layer = residual_model.get_layer(name)
        if not method.obstacle(layer):
            factorization = method(layer, known)
            chains[name] = factorization.chain(factorization.full_ranks)
    assert chains
    assert relative_error(residual_model, rewrite(traced.model, chains).model) < 1e-4


@pytest.mark.parametrize("settings", [{"padding": "same", "strides": 2}, {"dilation_rate": (2, 1)}])
def test_patches_times_the_kernel_are_the_convolution(keras: Any, settings: dict[str, Any]) -> None:
    layer = keras.layers.Conv2D(5, (3, 2), use_bias=False, **settings)
    values = np.random.default_rng(0).normal(0, 1, (2, 8, 7, 3)).astype(np.float32)
    expected = np.asarray(layer(values))
    found = patches_of(layer, values) @ layer.get_weights()[0].reshape(-1, 5)
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-5)


def test_skipped_layer_stays(residual_model: Any) -> None:
    compressed = factorize(residual_model, SpatialSvd, MacFactor(1.3), skip=["stem"])
    notes = {layer.name: (layer.changed, layer.note) for layer in compressed.layers}
    assert notes["stem"] == (False, "skipped")
    assert notes["inner"][0]


def test_shared_layer_is_factorized_once(keras: Any) -> None:
    image = keras.Input((8, 8, 6))
    conv = keras.layers.Conv2D(6, 3, padding="same", name="twin")
    model = keras.Model(image, conv(conv(image)))
    randomize(model)
    compressed = factorize(model, SpatialSvd, MacFactor(2))
    assert len(compressed.model.layers) == 3
    assert compressed.layers[0].macs_after == model_macs(compressed.model)


EVERY_LAYER = ["stem", "inner", "outer", "depthwise", "side", "last", "scores"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": MacFactor(50)}, "50 times fewer MACs"),
        ({"rule": MacFactor(2), "skip": ["innner"]}, 'called "innner"'),
        ({"rule": MacFactor(1.1), "skip": EVERY_LAYER}, "none makes a layer of it smaller"),
        ({"rule": Balanced(1.1), "skip": EVERY_LAYER}, "none makes a layer of it smaller"),
    ],
)
def test_what_is_out_of_reach_is_refused(
    residual_model: Any, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        factorize(residual_model, SpatialSvd, **arguments)


def test_samples_that_dont_fit_are_refused(residual_model: Any) -> None:
    with pytest.raises(CalibrationError, match=r"\(12, 12, 3\)"):
        factorize(residual_model, SpatialSvd, MacFactor(2), [np.zeros((4, 12, 12, 1))])


@pytest.mark.parametrize(("rule", "value"), [(Energy, 0), (Energy, 1.1), (MacFactor, 1)])
def test_rules_refuse_values_without_meaning(rule: Any, value: float) -> None:
    with pytest.raises(UsageError, match=str(value)):
        rule(value)
