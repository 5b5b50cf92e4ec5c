from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import pytest

from tests.unit.compress.conftest import randomize
from tinydeploy.compress.low_rank.dense_svd import DenseSvd
from tinydeploy.compress.low_rank.factorization import Ranks
from tinydeploy.compress.low_rank.factorize import factorize
from tinydeploy.compress.low_rank.ranks import Balanced, Candidate
from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.size import WEIGHTS
from tinydeploy.errors import UsageError

FACTORS = (1.1, 1.2, 1.33, 1.5, 1.7, 2, 2.4, 3, 4, 6, 12)


class Matrix:
    """Stands for a layer whose singular values are given."""

    def __init__(self, values: list[float]) -> None:
        self.spectra = (Spectrum(np.array(values), (len(values), len(values))),)
        self.full_ranks: Ranks = (len(values),)

    def steps(self) -> tuple[Ranks, ...]:
        return tuple((rank,) for rank in range(1, len(self.spectra[0].values) + 1))


def some_layers(seed: int) -> list[Candidate]:
    """Three layers; at full rank each costs more than it does as it is."""
    rng = np.random.default_rng(seed)
    made: list[Candidate] = []
    for _ in range(3):
        count, price = int(rng.integers(2, 7)), int(rng.integers(1, 9))
        layer: Any = Matrix(sorted(rng.random(count), reverse=True))
        made.append(Candidate(layer, count * price - 1, partial(_cost, price)))
    return made


def _cost(price: int, ranks: Ranks) -> int:
    return price * ranks[0]


def cost_and_loss(layers: list[Candidate], ranks: tuple[Ranks, ...]) -> tuple[int, float]:
    cost, loss = 0, 0.0
    for layer, rank in zip(layers, ranks, strict=True):
        cost += min(layer.cost(rank), layer.size)
        if layer.cost(rank) < layer.size:
            energy = layer.factorization.spectra[0].values ** 2
            loss += float(energy[rank[0] :].sum() / energy.sum())
    return cost, loss


@pytest.mark.parametrize("seed", range(20))
def test_balanced_ranks_lose_the_least_that_there_is_at_their_cost(seed: int) -> None:
    layers = some_layers(seed)
    before = sum(layer.size for layer in layers)
    chosen = Balanced(1.4).ranks(layers, before)
    cost, loss = cost_and_loss(layers, tuple(chosen))
    assert cost * 1.4 <= before
    every = itertools.product(*(layer.factorization.steps() for layer in layers))
    others = [cost_and_loss(layers, ranks) for ranks in every]
    assert min(other for price, other in others if price <= cost) == pytest.approx(loss)


def test_balanced_refuses_what_no_rank_reaches() -> None:
    layers = some_layers(0)
    with pytest.raises(UsageError, match="50 times fewer MACs"):
        Balanced(50).ranks(layers, sum(layer.size for layer in layers))


def test_balanced_ranks_can_be_what_kernels_compute_at_a_time() -> None:
    values = [1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05, 0.02]
    layer: Any = Matrix(values)
    candidate = Candidate(layer, 120, partial(_cost, 10))
    chosen = {Balanced(factor, multiple=4).ranks([candidate], 120)[0][0] for factor in FACTORS}
    assert chosen == {1, 2, 3, 4, 8}
    assert {Balanced(factor).ranks([candidate], 120)[0][0] for factor in FACTORS} > {3, 5, 7, 9}


def test_weights_are_aimed_at_where_they_are(keras: Any) -> None:
    """Nearly all MACs are in the convolution, nearly all weights in the dense layer."""
    layers = keras.layers
    model = keras.Sequential([
        keras.Input((12, 12, 4)), layers.Conv2D(8, 3, padding="same", name="conv"),
        layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(60, name="dense"),
    ])  # fmt: skip
    randomize(model)
    done = factorize(model, DenseSvd, Balanced(4, WEIGHTS))
    sizes = [WEIGHTS.of_calls(rewrite(m).calls) for m in (model, done.model)]
    assert sizes[0] / 4.3 < sizes[1] <= sizes[0] / 4
    with pytest.raises(UsageError, match="4 times fewer MACs"):
        factorize(model, DenseSvd, Balanced(4))
