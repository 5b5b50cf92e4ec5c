"""The best low-rank approximation of a matrix for the inputs that it meets."""

from __future__ import annotations

import numpy as np

from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.ir.graph import Array

# Directions that the samples never show still count this much, as a share of the mean variance:
# inputs in the field differ from the samples, and the full rank must stay exact.
_FLOOR = 1e-4


class WhitenedSvd:
    """M ≈ left @ right, (inputs, rank) @ (rank, outputs).

    Minimizes the mean square of (x M − x M') D over inputs x of second moment E[xᵀ x] = `moment`
    with D = diag(`output_scale`); without them, the Frobenius norm of M − M'. The products x @ left
    have equal power in all ranks, which suits an activation that is quantized as one tensor.
    """

    def __init__(
        self, matrix: Array, moment: Array | None = None, output_scale: Array | None = None
    ) -> None:
        inputs, outputs = matrix.shape
        self._root, self._inverse_root = _roots(moment, inputs)
        scale = np.ones(outputs) if output_scale is None else _positive(output_scale)
        left, values, right = np.linalg.svd(self._root @ matrix * scale, full_matrices=False)
        self._left = self._inverse_root @ left
        self._right = values[:, None] * right / scale
        self.spectrum = Spectrum(values, matrix.shape)

    def factors(self, rank: int) -> tuple[Array, Array]:
        """Return (left, right)."""
        return self._left[:, :rank], self._right[:rank]


def root_of(moment: Array) -> Array:
    """Return the symmetric R with R R = `moment`, its smallest eigenvalues lifted to the floor."""
    return _roots(moment, len(moment))[0]


def _roots(moment: Array | None, size: int) -> tuple[Array, Array]:
    if moment is None or np.trace(moment) <= 0:
        return np.eye(size), np.eye(size)
    variances, axes = np.linalg.eigh(moment)
    deviations = np.sqrt(np.maximum(variances, 0) + _FLOOR * variances.mean())
    return (axes * deviations) @ axes.T, (axes / deviations) @ axes.T


def _positive(scale: Array) -> Array:
    magnitude = np.abs(scale)
    return np.maximum(magnitude, max(1e-3 * magnitude.max(), 1e-12))
