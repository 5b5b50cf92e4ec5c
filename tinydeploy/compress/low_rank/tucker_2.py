"""k x k convolution → 1x1, k x k with fewer channels on both sides, 1x1.

Source: Kim et al., Compression of Deep Convolutional Neural Networks for Fast and Low Power Mobile
Applications, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from tensorly.decomposition import partial_tucker

from tinydeploy.compress.low_rank.factorization import Factorization, Ranks
from tinydeploy.compress.low_rank.spectrum import Spectrum, spectrum_of
from tinydeploy.compress.pieces import (
    bias_of,
    conv_obstacle,
    first_pointwise,
    last_pointwise,
    piece,
)
from tinydeploy.ir.graph import Array


class Tucker2(Factorization):
    """Ranks: input channels, output channels of the middle convolution."""

    NAME = "tucker-2"

    @staticmethod
    def obstacle(layer: Any) -> str:
        return conv_obstacle(layer)

    @cached_property
    def spectra(self) -> tuple[Spectrum, ...]:
        axes = (self.kernel.ndim - 2, self.kernel.ndim - 1)
        unfolded = [np.moveaxis(self.kernel, axis, 0) for axis in axes]
        return tuple(spectrum_of(matrix.reshape(len(matrix), -1)) for matrix in unfolded)

    def layers(self, ranks: Ranks) -> tuple[Any, ...]:
        middle = piece(self.layer, "core", filters=ranks[1])
        return first_pointwise(self.layer, ranks[0]), middle, last_pointwise(self.layer)

    def weights(self, ranks: Ranks) -> tuple[Sequence[Array], ...]:
        modes = [self.kernel.ndim - 2, self.kernel.ndim - 1]
        (core, (inputs, outputs)), _ = partial_tucker(self.kernel, rank=list(ranks), modes=modes)
        ones = (1,) * (self.kernel.ndim - 2)
        last = outputs.T.reshape(*ones, *outputs.T.shape)
        return (inputs.reshape(*ones, *inputs.shape),), (core,), (last, *bias_of(self.layer))
