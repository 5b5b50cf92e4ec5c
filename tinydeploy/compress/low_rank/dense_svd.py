"""Dense → Dense(rank) and Dense, by SVD."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tinydeploy.compress.low_rank.factorization import Factorization, Ranks
from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.compress.low_rank.whitened_svd import WhitenedSvd
from tinydeploy.compress.pieces import bias_of, last_piece, piece
from tinydeploy.ir.graph import Array


class DenseSvd(Factorization):
    """W = U V: the best for given inputs where there are statistics."""

    NAME = "dense-svd"

    @staticmethod
    def obstacle(layer: Any) -> str:
        return "" if type(layer).__name__ == "Dense" else f"a {type(layer).__name__}"

    @cached_property
    def _svd(self) -> WhitenedSvd:
        known = self.statistics
        return WhitenedSvd(self.kernel, *((known.moment, known.output_scale) if known else ()))

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return (self._svd.spectrum,)

    def layers(self, ranks: Ranks) -> tuple[Any, ...]:
        return piece(self.layer, "in", units=ranks[0]), last_piece(self.layer, "out")

    def weights(self, ranks: Ranks) -> tuple[Sequence[Array], ...]:
        left, right = self._svd.factors(ranks[0])
        return (left,), (right, *bias_of(self.layer))
