"""k x k convolution → k x k with fewer channels, and 1x1, by SVD.

Source: Zhang et al., Accelerating Very Deep Convolutional Networks for Classification and
Detection, 2015 (there without the nonlinearity in between).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tinydeploy.compress.low_rank.factorization import Factorization, Ranks
from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.compress.low_rank.whitened_svd import WhitenedSvd
from tinydeploy.compress.pieces import bias_of, conv_obstacle, last_pointwise, piece
from tinydeploy.ir.graph import Array


class ChannelSvd(Factorization):
    """The kernel as a matrix (window * input channels, output channels)."""

    NAME = "channel-svd"

    @staticmethod
    def obstacle(layer: Any) -> str:
        return conv_obstacle(layer)

    @cached_property
    def _svd(self) -> WhitenedSvd:
        matrix = self.kernel.reshape(-1, self.kernel.shape[-1])
        known = self.statistics
        return WhitenedSvd(matrix, *((known.moment, known.output_scale) if known else ()))

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return (self._svd.spectrum,)

    def layers(self, ranks: Ranks) -> tuple[Any, ...]:
        return piece(self.layer, "in", filters=ranks[0]), last_pointwise(self.layer)

    def weights(self, ranks: Ranks) -> tuple[Sequence[Array], ...]:
        left, right = self._svd.factors(ranks[0])
        pointwise = right.reshape(*(1,) * (self.kernel.ndim - 2), *right.shape)
        return (left.reshape(*self.kernel.shape[:-1], -1),), (pointwise, *bias_of(self.layer))
