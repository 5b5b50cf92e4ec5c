"""Constants of the short requantization give what the reference gives, for every reachable sum."""

from __future__ import annotations

import numpy as np
import pytest

from tinydeploy.ir.fixed_point import multiply_by_quantized_multiplier
from tinydeploy.ir.graph import Array
from tinydeploy.kernels.requantization import Requantization
from tinydeploy.kernels.rounding_dsp import (
    FloorScaling,
    floor_scaling,
    once_scaling,
    sums_of,
    unsettled_sums,
)

_CHANNELS = 6


_AMPLIFYING = (-3, 1)
"""Right shifts of factors from 1/2 to 8."""


def _numbers(
    seed: int, zero_point: int, minimum: int, shifts: tuple[int, int] = (4, 8)
) -> tuple[Requantization, Array]:
    """Channels whose scales differ by up to 16 times; their sums are some ten thousand."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(-127, 128, (_CHANNELS, 5))
    numbers = Requantization(
        bias=rng.integers(-4_000, 4_000, _CHANNELS).astype(np.int32),
        multipliers=rng.integers(1 << 30, (1 << 31) - 1, _CHANNELS).astype(np.int32),
        right_shifts=rng.integers(*shifts, _CHANNELS).astype(np.int32),
        zero_point=zero_point,
        minimum=minimum,
        maximum=127,
    )
    return numbers, weights


def _short_form(scaling: FloorScaling, channel: int, sums: Array) -> Array:
    product = (sums << 8) * int(scaling.multipliers[channel]) >> 32
    result: Array = np.clip(product + int(scaling.constants[channel]) >> scaling.shift, -128, 127)
    return result


@pytest.mark.parametrize("shifts", [(4, 8), _AMPLIFYING], ids=["small", "amplifying"])
@pytest.mark.parametrize("seed", range(5))
def test_floor_form_is_exact_where_negative_values_are_clipped(
    seed: int, shifts: tuple[int, int]
) -> None:
    numbers, weights = _numbers(seed, -128, -128, shifts)
    sums = sums_of(numbers, weights)
    scaling = floor_scaling(sums)
    assert scaling is not None
    for channel in range(_CHANNELS):
        values = np.arange(int(sums.lowest[channel]), int(sums.highest[channel]) + 1)
        expected = [
            max(-128, min(127, -128 + multiply_by_quantized_multiplier(int(v), m, -s)))
            for m, s in ((int(numbers.multipliers[channel]), int(numbers.right_shifts[channel])),)
            for v in values
        ]
        assert _short_form(scaling, channel, values).tolist() == expected


def test_floor_form_is_refused_where_it_rounds_negative_ties_up() -> None:
    multipliers = np.full(_CHANNELS, 1 << 30, np.int32)
    numbers, weights = _numbers(0, 3, -128)
    tied = Requantization(numbers.bias, multipliers, np.full(_CHANNELS, 4, np.int32), 3, -128, 127)
    assert floor_scaling(sums_of(tied, weights)) is None


@pytest.mark.parametrize("shifts", [(4, 8), _AMPLIFYING], ids=["small", "amplifying"])
@pytest.mark.parametrize("zero_point", [-128, 0, 5, 127])
def test_one_rounding_is_exact_with_any_zero_point(
    zero_point: int, shifts: tuple[int, int]
) -> None:
    numbers, weights = _numbers(7, zero_point, -128, shifts)
    sums = unsettled_sums(numbers, weights)
    scaling = once_scaling(sums)
    assert scaling is not None
    for channel in range(_CHANNELS):
        values = np.arange(int(sums.lowest[channel]), int(sums.highest[channel]) + 1)
        total = 31 + int(numbers.right_shifts[channel])
        scaled = values * int(numbers.multipliers[channel]) + (1 << (total - 1)) >> total
        expected = np.clip(scaled + zero_point, -128, 127)
        assert (_short_form(scaling, channel, values) == expected).all()


def test_a_constant_channel_keeps_its_value() -> None:
    numbers, weights = _numbers(1, -128, -128)
    bias = numbers.bias.copy()
    bias[2] = 1 << 30
    weights[2] = 0
    constant = Requantization(bias, numbers.multipliers, numbers.right_shifts, -128, -128, 127)
    sums = sums_of(constant, weights)
    scaling = floor_scaling(sums)
    assert scaling is not None
    assert _short_form(scaling, 2, sums.lowest[2:3]).tolist() == [127]
