"""FULLY_CONNECTED for Arm MVE: eight outputs at a time, one copy of the code for all layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel
from tinydeploy.kernels.mve import VECTOR_BYTES
from tinydeploy.kernels.requantization import Requantization, requantization

if TYPE_CHECKING:
    from tinydeploy.ops.fully_connected import FullyConnected

_TILE = 8
"""Outputs."""


def lower(op: FullyConnected, io: NodeIO) -> tuple[Call, ...] | None:
    """One call.

    Exact: the reference adds half a unit before its only shift, by 31 and the right shift at
    once. Truncating to 31 bits first gives the same where the second shift, which rounds, is by
    1 or more.
    """
    weights = io.input(1).constant
    outputs, depth = weights.shape
    numbers = requantization(io, op.activation, weights, rounds_once=True)
    if numbers is None or int(numbers.right_shifts.min(initial=1)) < 1:
        return None
    params = {
        "weights": _pack_weights(weights),
        "table": _pack_table(numbers),
        "depth": depth,
        "outputs": outputs,
        "batches": io.input(0).size // depth,
        "zero_point": numbers.zero_point,
        "minimum": numbers.minimum,
        "maximum": numbers.maximum,
    }
    return (Call("td_fully_connected_s8_mve", params, code_bytes=700),)


def _pack_weights(weights: Array) -> Array:
    """[outputs/8][depth/16][8][16] (the last block as short as it is), then the other outputs."""
    outputs, depth = weights.shape
    tiles = outputs // _TILE
    blocks = [
        weights[tile * _TILE : (tile + 1) * _TILE, start : start + VECTOR_BYTES].reshape(-1)
        for tile in range(tiles)
        for start in range(0, depth, VECTOR_BYTES)
    ]
    return np.concatenate([*blocks, weights[tiles * _TILE :].reshape(-1)])


def _pack_table(numbers: Requantization) -> Array:
    """For each 8 outputs: biases, then multipliers and left shifts, even outputs first."""

    def tiled(values: Array) -> Array:
        return np.pad(values, (0, -values.size % _TILE)).reshape(-1, _TILE)

    def even_first(values: Array) -> Array:
        pairs = tiled(values).reshape(-1, _TILE // 2, 2)
        return np.ascontiguousarray(pairs.transpose(0, 2, 1)).reshape(-1, _TILE)

    shifts = even_first(-numbers.right_shifts).astype(np.int8).view(np.int32)
    return np.hstack([tiled(numbers.bias), even_first(numbers.multipliers), shifts]).reshape(-1)


KERNEL = Kernel("fully_connected_mve", Isa.MVE, lower)
