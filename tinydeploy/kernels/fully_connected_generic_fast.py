"""FULLY_CONNECTED for any core: four outputs at a time.

Exact: sums are exact in 32 bits; td_requantize.h rounds as the reference does, which is once here
where convolutions round twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinydeploy.ir.graph import NodeIO
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Output, Scratch
from tinydeploy.kernels import unsigned
from tinydeploy.kernels.requantization import requantization
from tinydeploy.kernels.unsigned import Rounding

if TYPE_CHECKING:
    from tinydeploy.ops.fully_connected import FullyConnected

_CODE_BYTES = 1000


def lower(op: FullyConnected, io: NodeIO) -> tuple[Call, ...] | None:
    """One call, or None for sums near the limits of 32 bits."""
    source, weights = io.input(0), io.input(1)
    outputs, depth = weights.shape
    if depth > unsigned.LARGEST_DEPTH or io.output.shape[-1] != outputs:
        return None
    numbers = requantization(io, op.activation, weights.constant, amplifies=True, rounds_once=True)
    packed = unsigned.channel_rows(numbers, weights.constant, Rounding.ONCE) if numbers else None
    if numbers is None or packed is None:
        return None
    batches, length = source.size // depth, unsigned.padded_depth(depth)
    params = {
        "batches": batches,
        "depth": depth,
        "outputs": outputs,
        "matrix_depth": length,
        "dot": unsigned.dot_routine(numbers, packed[1], length, 1, Rounding.ONCE),
        "weights": unsigned.pack_weights(packed[0]),
        "table": packed[1],
    }
    return (
        Call(
            "td_fully_connected_s8_fast",
            params,
            operands=(Input(0), Output(0), Scratch()),
            scratch_bytes=length,
            overlap_bytes=_overlap_bytes(batches, depth, outputs),
            code_bytes=_CODE_BYTES,
        ),
    )


def _overlap_bytes(batches: int, depth: int, outputs: int) -> int:
    """How far before the input the output must start.

    A batch is read before its outputs are written, so batch b's outputs must end before batch
    b + 1 of the input. The distance is linear in b: largest for the first or the last but one.
    """
    if batches == 1:
        return -depth
    return max(outputs - depth, (batches - 1) * (outputs - depth))


KERNEL = Kernel("fully_connected_generic_fast", Isa.GENERIC, lower)
