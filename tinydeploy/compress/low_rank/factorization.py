"""The interface of all methods."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.compress.rewrite import Weighted
from tinydeploy.ir.graph import Array

Ranks = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What calibration samples tell of one layer.

    `moment`, (window * input channels) squared, is the mean of x xᵀ over all patches x that the
    kernel is multiplied with, flattened in the kernel's order. `output_scale`, (output channels,),
    is the factor with which each output goes on: that of a batch normalization behind the layer.
    """

    moment: Array
    output_scale: Array


class Factorization(ABC):
    """One layer taken apart, at any rank.

    Ranks are numbers from 1 to the length of their spectrum; at the full ranks the chain computes
    what the layer does, up to rounding.
    """

    NAME: ClassVar[str]

    def __init__(self, layer: Any, statistics: Statistics | None = None) -> None:
        self.layer = layer
        self.kernel: Array = np.asarray(layer.get_weights()[0], np.float64)
        self.statistics = statistics

    @staticmethod
    @abstractmethod
    def obstacle(layer: Any) -> str:
        """Why the method doesn't apply to a Keras layer; empty where it does."""

    @property
    @abstractmethod
    def spectra(self) -> tuple[Spectrum, ...]:
        """The singular values that the ranks cut, one spectrum for each rank."""

    @abstractmethod
    def layers(self, ranks: Ranks) -> tuple[Any, ...]:
        """Return the layers of the chain, not built. Cheap: it is called for each rank."""

    @abstractmethod
    def weights(self, ranks: Ranks) -> tuple[Sequence[Array], ...]:
        """Return the weights of those layers. Here the work is done."""

    def chain(self, ranks: Ranks) -> tuple[Weighted, ...]:
        """Return the layers with their weights."""
        pairs = zip(self.layers(ranks), self.weights(ranks), strict=True)
        return tuple(Weighted(layer, tuple(weights)) for layer, weights in pairs)

    @property
    def full_ranks(self) -> Ranks:
        return tuple(len(spectrum.values) for spectrum in self.spectra)

    def steps(self) -> tuple[Ranks, ...]:
        """Return ranks from 1 to the full ones; several ranks grow in proportion."""
        count = max(self.full_ranks)
        return tuple(
            tuple(-(-full * step // count) for full in self.full_ranks)
            for step in range(1, count + 1)
        )
