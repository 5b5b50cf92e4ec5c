"""FULLY_CONNECTED for the Arm DSP extension: four outputs at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Routine, Scratch
from tinydeploy.kernels.requantization import requantization
from tinydeploy.kernels.rounding_dsp import once_scaling, unsettled_sums

if TYPE_CHECKING:
    from tinydeploy.ops.fully_connected import FullyConnected

_GROUP = 4
_WORD = 4
"""Inputs that are read at a time."""
_BLOCK, _WIDE_BLOCK = 16, 32


def _lower(op: FullyConnected, io: NodeIO, wide: bool) -> tuple[Call, ...] | None:
    """One call, or None where inputs are too few or the numbers are out of reach.

    Exact: products of raw inputs, the zero point in the bias, sums modulo 2^32 whose final values
    fit, and a requantization that `rounding_dsp` has proven. Weights of two outputs share a
    16-bit lane, which -128 may not fit.
    """
    source, weights = io.input(0), io.input(1).constant
    outputs, depth = weights.shape
    if depth < _WORD or weights.min(initial=0) < -127:
        return None
    numbers = requantization(io, op.activation, weights, amplifies=True, rounds_once=True)
    scaling = once_scaling(unsettled_sums(numbers, weights)) if numbers else None
    if numbers is None or scaling is None:
        return None
    first = int(scaling.multipliers[0])
    is_uniform = first != 0 and bool((scaling.multipliers == first).all())
    rows = _rows(weights, numbers.bias, None if is_uniform else scaling.multipliers)
    rest = outputs % _GROUP
    params = {
        "rows": Routine("td_dot_wide_s8_dsp" if wide else "td_dot_rows_s8_dsp"),
        "stream": rows.reshape(-1),
        "words": rows.shape[1] * (outputs // _GROUP),
        "last_words": rows.shape[1],
        "rest": rest,
        "layer": (
            *(_wide_sizes(depth) if wide else _sizes(depth)),
            first if is_uniform else 0,
            int(scaling.constants[0]),
            scaling.shift,
        ),
        "batches": source.size // depth,
        "depth": depth,
        "outputs": outputs,
    }
    if not wide:
        return (Call("td_fully_connected_s8_dsp", params, code_bytes=750),)
    return (
        Call(
            "td_fully_connected_wide_s8_dsp",
            params,
            (Input(0), Output(), Scratch()),
            scratch_bytes=_wide_sizes(depth)[1],
            code_bytes=1_200,
        ),
    )


def _sizes(depth: int) -> tuple[int, int, int]:
    """Bytes of inputs in whole blocks, of all read 4 at a time, and how far back the rest is."""
    return depth - depth % _BLOCK, depth - depth % _WORD, -depth % _WORD


def _wide_sizes(depth: int) -> tuple[int, int, int]:
    """The same of widened inputs: the rest is widened as 4 more."""
    inputs = depth + -depth % _WORD
    return 2 * (inputs - inputs % _WIDE_BLOCK), 2 * inputs, 0


def _rows(weights: Array, bias: Array, multipliers: Array | None) -> Array:
    """The words of each four outputs: see td_dot_dsp.h. The last outputs may be missing."""
    outputs, depth = weights.shape
    groups = -(-outputs // _GROUP)
    wide = np.zeros((groups * _GROUP, depth + 1), np.int64)
    wide[:outputs, :depth] = weights
    # 4 inputs in the order in which they are read; the last 4 overlap what was read before.
    starts = [*range(0, depth - depth % _WORD, _WORD)]
    order = [[start + i for i in (0, 2, 1, 3)] for start in starts]
    if depth % _WORD:
        done = depth - depth % _WORD
        order.append([i if i >= done else depth for i in (depth - 4 + j for j in (0, 2, 1, 3))])
    lanes = 256 * wide[0::2] + wide[1::2]
    read = lanes[:, np.array(order)]
    words = (read[..., 0::2] & 0xFFFF) | (read[..., 1::2] << 16)
    # [groups, two outputs, 4 inputs, two words] to words of both next to each other.
    words = words.reshape(groups, 2, len(order), 2).transpose(0, 2, 1, 3).reshape(groups, -1)
    padded = np.zeros(groups * _GROUP, np.int64)
    padded[:outputs] = bias
    biases = np.column_stack([256 * padded[0::2] + padded[1::2], padded[1::2]])
    columns = [biases.reshape(groups, -1), words]
    if multipliers is not None:
        all_multipliers = np.zeros(groups * _GROUP, np.int64)
        all_multipliers[:outputs] = multipliers
        columns.append(all_multipliers.reshape(groups, -1))
    return (np.concatenate(columns, axis=1) & 0xFFFFFFFF).astype(np.uint32).view(np.int32)


def _lower_wide(op: FullyConnected, io: NodeIO) -> tuple[Call, ...] | None:
    return _lower(op, io, wide=True)


def _lower_narrow(op: FullyConnected, io: NodeIO) -> tuple[Call, ...] | None:
    return _lower(op, io, wide=False)


KERNELS = (
    Kernel("fully_connected_wide_dsp", Isa.DSP, _lower_wide),
    Kernel("fully_connected_dsp", Isa.DSP, _lower_narrow),
)
