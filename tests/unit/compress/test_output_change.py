from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinydeploy.compress.low_rank.channel_svd import ChannelSvd
from tinydeploy.compress.low_rank.factorize import factorize
from tinydeploy.compress.low_rank.output_change import OutputChange
from tinydeploy.compress.low_rank.ranks import Balanced
from tinydeploy.compress.size import model_macs
from tinydeploy.errors import CalibrationError
from tinydeploy.ir.graph import Array


@pytest.fixture
def two_ways(keras: Any) -> Any:
    """Two equal convolutions, of which the second hardly counts."""
    layers = keras.layers
    image = keras.Input((6, 6, 8))
    ways = [layers.Conv2D(16, 3, name=name)(image) for name in ("counts", "hardly")]
    little = layers.Rescaling(1e-3)(ways[1])
    scores = layers.GlobalAveragePooling2D()(layers.Add()([ways[0], little]))
    model = keras.Model(image, scores)
    weights = np.random.default_rng(1).normal(size=(3, 3, 8, 16))
    for name in ("counts", "hardly"):
        model.get_layer(name).set_weights([weights, np.zeros(16)])
    return model


@pytest.fixture
def images() -> Array:
    return np.random.default_rng(2).normal(size=(64, 6, 6, 8)).astype(np.float32)


def test_what_hardly_counts_is_cut_most(two_ways: Any, images: Array) -> None:
    def macs_left(rule: Balanced) -> dict[str, int]:
        done = factorize(two_ways, ChannelSvd, rule)
        assert model_macs(done.model) <= model_macs(two_ways) / 2
        return {layer.name: layer.macs_after for layer in done.layers}

    by_energy = macs_left(Balanced(2))
    measured = macs_left(Balanced(2, loss=OutputChange(two_ways, [images])))
    assert by_energy["counts"] == pytest.approx(by_energy["hardly"], rel=0.3)
    assert measured["hardly"] < measured["counts"] / 5


def test_full_ranks_change_nothing_and_fewer_never_less(two_ways: Any, images: Array) -> None:
    change = OutputChange(two_ways, [images])
    factorization = ChannelSvd(two_ways.get_layer("counts"))
    changes = [change(factorization, ranks) for ranks in factorization.steps()]
    assert changes[-1] == pytest.approx(0, abs=1e-9)
    assert changes == sorted(changes, reverse=True)
    assert changes[0] > 0.1


def test_samples_that_are_all_alike_are_refused(two_ways: Any, images: Array) -> None:
    with pytest.raises(CalibrationError, match="same of all samples"):
        OutputChange(two_ways, [images[:1].repeat(4, axis=0)])
