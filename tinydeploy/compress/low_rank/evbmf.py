"""The rank of a noisy matrix, without a threshold to choose.

Source: Nakajima, Sugiyama, Babacan, Tomioka, Global Analytic Solution of Fully-observed Variational
Bayesian Matrix Factorization, 2013 (theorem 2 and corollary 2; noise variance: section 4.2).
"""

from __future__ import annotations

import math

import numpy as np

from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.ir.graph import Array

_VARIANCES_TRIED = 2000


def evbmf_rank(spectrum: Spectrum) -> int:
    """Return how many singular values stand out of white noise of unknown variance; may be 0."""
    short, long = sorted(spectrum.shape)
    squares = np.maximum(spectrum.values[:short] ** 2, np.finfo(float).tiny)
    ratio = short / long
    limit = 2.5129 * math.sqrt(ratio)
    threshold = (1 + limit) * (1 + ratio / limit)
    highest = squares.sum() / (short * long)
    # At most this many can be signal, or no noise variance would explain the others.
    most = max(min(math.ceil(short / (1 + ratio)) - 1, short) - 1, 0)
    rest = squares[min(most + 1, short - 1) :]
    lowest = max(rest[0] / (long * threshold), rest.mean() / long)
    if lowest >= highest:
        return 0
    tried = np.geomspace(lowest, highest, _VARIANCES_TRIED)
    variance = min(tried, key=lambda v: _free_energy(squares / (long * v), ratio, threshold))
    return int((squares > long * variance * threshold).sum())


def _free_energy(x: Array, ratio: float, threshold: float) -> float:
    """Free energy up to a factor and a constant; `x` are squares over long * noise variance.

    The logarithm of the variance is in here: each log x brings its share.
    """
    signal, noise = x[x > threshold], x[x <= threshold]
    middle = signal - (1 + ratio)
    tau = (middle + np.sqrt(middle**2 - 4 * ratio)) / 2
    energy = (noise - np.log(noise)).sum() + (signal - tau).sum()
    energy += np.log((tau + 1) / signal).sum() + ratio * np.log(tau / ratio + 1).sum()
    return float(energy)
