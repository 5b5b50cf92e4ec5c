"""k x k convolution → k x 1 and 1 x k, by SVD.

Source: Jaderberg, Vedaldi, Zisserman, Speeding up Convolutional Neural Networks with Low Rank
Expansions, 2014; Tai et al., Convolutional Neural Networks with Low-Rank Regularization, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from tinydeploy.compress.low_rank.factorization import Factorization, Ranks, Statistics
from tinydeploy.compress.low_rank.spectrum import Spectrum
from tinydeploy.compress.low_rank.whitened_svd import WhitenedSvd, root_of
from tinydeploy.compress.pieces import bias_of, conv_obstacle, last_piece, piece
from tinydeploy.ir.graph import Array

_LEAST_CHANNELS = 4
"""A column of a window has fewer values than fast kernels load at a time if there are fewer."""


class SpatialSvd(Factorization):
    """The kernel as a matrix (rows * input channels, columns * output channels)."""

    NAME = "spatial-svd"

    @staticmethod
    def obstacle(layer: Any) -> str:
        if obstacle := conv_obstacle(layer):
            return obstacle
        if len(layer.kernel_size) < 2 or 1 in layer.kernel_size:
            return "a window of one row or column"
        is_narrow = layer.kernel.shape[2] < _LEAST_CHANNELS
        return f"{layer.kernel.shape[2]} input channels: not faster in columns" if is_narrow else ""

    @cached_property
    def _svd(self) -> WhitenedSvd:
        rows, columns, inputs, outputs = self.kernel.shape
        matrix = self.kernel.transpose(0, 2, 1, 3).reshape(rows * inputs, columns * outputs)
        if self.statistics is None:
            return WhitenedSvd(matrix)
        # The vertical convolution sees single columns of a patch: their mean second moment.
        moment = self.statistics.moment.reshape(rows, columns, inputs, rows, columns, inputs)
        column_moment = np.einsum("awbcwd->abcd", moment).reshape(rows * inputs, -1) / columns
        return WhitenedSvd(matrix, column_moment, np.tile(self.statistics.output_scale, columns))

    @property
    def spectra(self) -> tuple[Spectrum, ...]:
        return (self._svd.spectrum,)

    def layers(self, ranks: Ranks) -> tuple[Any, ...]:
        layer = self.layer
        (rows, columns), (down, right) = layer.kernel_size, layer.strides
        row_dilation, column_dilation = layer.dilation_rate
        vertical = piece(
            layer,
            "vertical",
            filters=ranks[0],
            kernel_size=(rows, 1),
            strides=(down, 1),
            dilation_rate=(row_dilation, 1),
        )
        horizontal = last_piece(
            layer,
            "horizontal",
            kernel_size=(1, columns),
            strides=(1, right),
            dilation_rate=(1, column_dilation),
        )
        return vertical, horizontal

    def weights(self, ranks: Ranks) -> tuple[Sequence[Array], ...]:
        rows, columns, inputs, outputs = self.kernel.shape
        left, right = self._svd.factors(ranks[0])
        vertical = left.reshape(rows, inputs, -1)
        if self.statistics is None:
            horizontal = right.reshape(-1, columns, outputs).transpose(1, 0, 2)
        else:
            horizontal = _fit_horizontal(self.kernel, vertical, self.statistics)
        return (vertical[:, None],), (horizontal[None], *bias_of(self.layer))


def _fit_horizontal(kernel: Array, vertical: Array, statistics: Statistics) -> Array:
    """Return the second kernel (columns, rank, outputs) that is best for a given first one.

    The SVD takes the columns of a patch for uncorrelated, which neighbours are not. Least squares
    with the moment of whole patches makes up for that.
    """
    rows, columns, inputs, outputs = kernel.shape
    rank = vertical.shape[-1]
    # What each intermediate value, (column, rank), takes from a patch (row, column, input).
    spread = np.einsum("air,wv->awivr", vertical, np.eye(columns))
    spread = spread.reshape(rows * columns * inputs, columns * rank)
    root = root_of(statistics.moment)
    wanted = root @ kernel.reshape(-1, outputs)
    fitted: Array = np.linalg.lstsq(root @ spread, wanted, rcond=None)[0]
    return fitted.reshape(columns, rank, outputs)
