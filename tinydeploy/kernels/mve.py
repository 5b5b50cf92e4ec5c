"""What the convolutions for Arm MVE share: packing of weights, tables, constants."""

from __future__ import annotations

import numpy as np

from tinydeploy.ir.graph import Array
from tinydeploy.kernels.requantization import Requantization

GROUP = 4
"""Output channels of a tile."""
VECTOR_BYTES = 16
LARGEST_STEP = 4095
"""What an immediate operand adds to an address."""
_WORD_REACH, _BYTE_REACH = 508, 127


def rounds_exactly(numbers: Requantization) -> bool:
    """Whether the vector requantization of firmware_templates' td_mve.inc is exact.

    Its correction of negative ties needs right shifts of 1 or more; without the correction, it is
    exact where negative values are clipped.
    """
    return numbers.clips_negatives or int(numbers.right_shifts.min(initial=1)) >= 1


def common_defines(numbers: Requantization) -> dict[str, int]:
    """Preprocessor constants that td_mve.inc reads."""
    return {
        "OUTPUT_CHANNELS": numbers.bias.size,
        "OUTPUT_ZERO_POINT": numbers.zero_point,
        "OUTPUT_MINIMUM": numbers.minimum,
        "OUTPUT_MAXIMUM": numbers.maximum,
        "ROUND_TIES_DOWN": int(not numbers.clips_negatives),
    }


def reach(*multiples: int) -> int:
    """How far from a pointer a vector can be read: words reach farther, but must be aligned."""
    return _BYTE_REACH if any(value % 4 for value in multiples) else _WORD_REACH


def pack_weights(weights: Array) -> Array:
    """[channels, segments, depth] to [channels/4][segments][depth/16][4][16], as one int8 row.

    The last block of a segment is as short as it is; missing channels of the last group are 0.
    Readers take 16 bytes at a time: the row ends with the bytes that they read too much.
    """
    channels, segments, depth = weights.shape
    groups = -(-channels // GROUP)
    padded = np.zeros((groups * GROUP, segments, depth), np.int8)
    padded[:channels] = weights
    blocks = [
        padded[group * GROUP : (group + 1) * GROUP, segment, start : start + VECTOR_BYTES]
        for group in range(groups)
        for segment in range(segments)
        for start in range(0, depth, VECTOR_BYTES)
    ]
    overread = np.zeros(-depth % VECTOR_BYTES, np.int8)
    return np.concatenate([*(block.reshape(-1) for block in blocks), overread])


def pack_table(numbers: Requantization) -> Array:
    """For each 4 channels: biases of two pixels, multipliers, and shifts (to the left) as bytes."""
    missing = -numbers.bias.size % GROUP

    def grouped(values: Array) -> Array:
        return np.pad(values, (0, missing)).reshape(-1, GROUP)

    bias = grouped(numbers.bias)
    shifts = np.ascontiguousarray(grouped(-numbers.right_shifts).astype(np.int8)).view(np.int32)
    return np.hstack([bias, bias, grouped(numbers.multipliers), shifts]).reshape(-1)


def tile_code_bytes(depth: int, channels: int) -> int:
    """About how much flash a tile's code takes."""
    blocks = -(-depth // 16) if depth <= 512 else 8 + -(-(depth % 128) // 16)
    tiles = bool(channels >= 4) + bool(channels % 4)
    return tiles * (80 + blocks * 56)
