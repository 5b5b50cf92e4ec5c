"""k x k convolution → 1x1, depthwise k x k, 1x1: canonical polyadic decomposition.

Source: Lebedev et al., Speeding-up Convolutional Neural Networks Using Fine-tuned CP-Decomposition,
2015; here the window stays one factor, which a depthwise convolution computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from tensorly.cp_tensor import CPTensor
from tensorly.decomposition import parafac

from tinydeploy.compress.low_rank.factorization import Factorization, Ranks
from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.compress.pieces import (
    bias_of,
    conv_obstacle,
    depthwise,
    depthwise_obstacle,
    first_pointwise,
    last_pointwise,
)
from tinydeploy.ir.graph import Array

_SWEEPS = 100


class Cp(Factorization):
    """The kernel as a tensor (window, input channels, output channels)."""

    NAME = "cp"

    @staticmethod
    def obstacle(layer: Any) -> str:
        return conv_obstacle(layer) or depthwise_obstacle(layer)

    @property
    def _tensor(self) -> Array:
        return self.kernel.reshape(-1, *self.kernel.shape[-2:])

    @cached_property
    def _terms(self) -> tuple[Array, Array, Array, Array]:
        """Orthonormal rank-one terms that add up to the tensor, the largest first.

        (sizes, windows, inputs, outputs), each with the terms last. The window is rotated to its
        principal axes, then each slice is decomposed: an exact start, better than a random one.
        """
        window, inputs, outputs = self._tensor.shape
        flat = self._tensor.reshape(window, -1)
        axes, values, slices = np.linalg.svd(flat, full_matrices=False)
        scaled = (values[:, None] * slices).reshape(-1, inputs, outputs)
        left, sizes, right = np.linalg.svd(scaled, full_matrices=False)
        order = np.argsort(-sizes, axis=None, kind="stable")
        windows = np.repeat(axes, sizes.shape[1], axis=1)
        left = left.transpose(1, 0, 2).reshape(inputs, -1)
        right = right.transpose(2, 0, 1).reshape(outputs, -1)
        return sizes.reshape(-1)[order], windows[:, order], left[:, order], right[:, order]

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return (Spectrum(self._terms[0], ()),)

    def layers(self, ranks: Ranks) -> tuple[Any, ...]:
        layer = self.layer
        return first_pointwise(layer, ranks[0]), depthwise(layer), last_pointwise(layer)

    def weights(self, ranks: Ranks) -> tuple[Sequence[Array], ...]:
        windows, inputs, outputs = self._factors(ranks[0])
        ones = (1,) * (self.kernel.ndim - 2)
        first = inputs.reshape(*ones, *inputs.shape)
        middle = windows.reshape(*self.kernel.shape[:-2], ranks[0], 1)
        last = outputs.T.reshape(*ones, *outputs.T.shape)
        return (first,), (middle,), (last, *bias_of(self.layer))

    def _factors(self, rank: int) -> tuple[Array, Array, Array]:
        """Return windows, inputs (both of norm 1) and outputs, the terms last."""
        sizes, windows, inputs, outputs = (part[..., :rank] for part in self._terms)
        if rank < self.full_ranks[0] and sizes.any():
            start = CPTensor((sizes, [windows, inputs, outputs]))
            found = parafac(self._tensor, rank, init=start, n_iter_max=_SWEEPS, tol=1e-6)
            windows, inputs, outputs = found.factors
            sizes = found.weights
        norms = [np.maximum(np.linalg.norm(f, axis=0), 1e-30) for f in (windows, inputs)]
        return windows / norms[0], inputs / norms[1], outputs * (sizes * norms[0] * norms[1])
