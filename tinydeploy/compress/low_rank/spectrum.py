from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.graph import Array


@dataclass(frozen=True, slots=True)
class Spectrum:
    """Singular values, largest first, of a matrix of `shape`; () if of no one matrix."""

    values: Array
    shape: tuple[int, ...]

    def rank_of_energy(self, share: float) -> int:
        """Return the smallest rank that keeps `share` (0 to 1) of the sum of squares."""
        energy = np.cumsum(self.values**2)
        # Rounding must not add a rank for the last share.
        return int(np.searchsorted(energy, share * energy[-1] * (1 - 1e-12))) + 1


def spectrum_of(matrix: Array) -> Spectrum:
    """Return the singular values of `matrix`."""
    return Spectrum(np.linalg.svd(matrix, compute_uv=False), matrix.shape)
