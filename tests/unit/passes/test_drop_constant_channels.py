"""Channels that never change go, and no output bit with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.compare import mismatches
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Array
from tinydeploy.passes.drop_constant_channels import drop_constant_channels

CHANNELS = 16
SIZE = 6
ORDINARY, DEAD = 0.01, 1e-12
"""Weight scales: with the second, a channel's output is its bias, whatever the input."""


def network(seed: int, dead_share: float, padded: bool) -> bytes:
    """conv 3x3 → depthwise 3x3 → conv 1x1 → max pool → flatten → fully connected."""
    rng = np.random.default_rng(seed)
    model = ModelBuilder()
    padding = 0 if padded else 1  # SAME, VALID
    size = SIZE if padded else SIZE - 2

    def scales() -> Array:
        return np.where(rng.random(CHANNELS) < dead_share, DEAD, ORDINARY).astype(np.float32)

    def weights(shape: tuple[int, ...], axis: int) -> list[int]:
        scale = scales()
        bias = rng.integers(-500, 500, CHANNELS)
        return [
            model.tensor(shape, scale=scale, axis=axis, data=rng.integers(-127, 128, shape)),
            model.tensor((CHANNELS,), "int32", scale=scale * 0.05, data=bias),
        ]

    def activation(shape: tuple[int, ...]) -> int:
        return model.tensor(shape, scale=0.05, zero_point=int(rng.integers(-128, 100)))

    source = model.input((1, SIZE, SIZE, 3), scale=0.05, zero_point=int(rng.integers(-128, 127)))
    first = activation((1, size, size, CHANNELS))
    model.operator("CONV_2D", [source, *weights((CHANNELS, 3, 3, 3), 0)], [first],
                   "Conv2DOptions", strideH=1, strideW=1, padding=padding,
                   fusedActivationFunction=seed % 2)  # fmt: skip
    size -= 0 if padded else 2
    second = activation((1, size, size, CHANNELS))
    model.operator("DEPTHWISE_CONV_2D", [first, *weights((1, 3, 3, CHANNELS), 3)], [second],
                   "DepthwiseConv2DOptions", strideH=1, strideW=1, padding=padding,
                   depthMultiplier=1)  # fmt: skip
    third = activation((1, size, size, CHANNELS))
    model.operator("CONV_2D", [second, *weights((CHANNELS, 1, 1, CHANNELS), 0)], [third],
                   "Conv2DOptions", strideH=1, strideW=1, padding=1)  # fmt: skip
    zero_point = model._tensors[third].quantization.zeroPoint[0]
    fourth = model.tensor((1, size // 2, size // 2, CHANNELS), scale=0.05, zero_point=zero_point)
    model.operator("MAX_POOL_2D", [third], [fourth], "Pool2DOptions", strideH=2, strideW=2,
                   filterHeight=2, filterWidth=2, padding=1)  # fmt: skip
    depth = (size // 2) ** 2 * CHANNELS
    flat = model.tensor((1, depth), scale=0.05, zero_point=zero_point)
    model.operator("RESHAPE", [fourth], [flat], "ReshapeOptions", newShape=[1, depth])
    out = model.output((1, 5), scale=0.3, zero_point=3)
    model.operator(
        "FULLY_CONNECTED",
        [flat, model.tensor((5, depth), scale=0.02, data=rng.integers(-127, 128, (5, depth)))],
        [out],
        "FullyConnectedOptions",
    )
    return model.build()


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_outputs_stay_bit_for_bit(seed: int, padded: bool, tmp_path: Path) -> None:
    assert mismatches(network(seed, dead_share=0.6, padded=padded), tmp_path) == []


def test_dead_channels_are_removed() -> None:
    graph = read_tflite(network(1, dead_share=0.6, padded=False), "dead")
    smaller = drop_constant_channels(graph)
    assert smaller.macs() < 0.7 * graph.macs()


def test_graph_without_dead_channels_is_left_alone() -> None:
    graph = read_tflite(network(2, dead_share=0.0, padded=True), "alive")
    assert drop_constant_channels(graph) is graph


def test_model_whose_channels_are_all_dead_still_runs(tmp_path: Path) -> None:
    assert mismatches(network(3, dead_share=1.1, padded=True), tmp_path) == []


def test_channels_behind_a_view_are_told_apart(tmp_path: Path) -> None:
    """[1, 2, 2, 8] read as [1, 1, 1, 32] has the first of 8 channels at 0, 8, 16 and 24."""
    rng = np.random.default_rng(0)
    model = ModelBuilder()

    def convolution(source: int, shape: tuple[int, ...], weights: Array, **more: int) -> int:
        depthwise = bool(more)
        count = weights.shape[3 if depthwise else 0]
        scale = np.full(count, ORDINARY)
        inputs = [
            source,
            model.tensor(weights.shape, scale=scale, axis=3 if depthwise else 0, data=weights),
            model.tensor((count,), "int32", scale=scale * 0.05, data=rng.integers(-9, 9, count)),
        ]
        out = model.tensor(shape, scale=0.05, zero_point=3)
        kind = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
        operator = "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D"
        model.operator(operator, inputs, [out], kind, strideH=1, strideW=1, padding=1, **more)
        return out

    def values(*shape: int) -> Array:
        return rng.integers(-127, 128, shape)

    source = model.input((1, 2, 2, 3), scale=0.05)
    first = model.tensor((1, 2, 2, 8), scale=0.05, zero_point=3)
    scale = np.where(np.arange(8) == 0, DEAD, ORDINARY)
    model.operator("CONV_2D", [
        source, model.tensor((8, 1, 1, 3), scale=scale, axis=0, data=values(8, 1, 1, 3)),
        model.tensor((8,), "int32", scale=scale * 0.05, data=rng.integers(-9, 9, 8)),
    ], [first], "Conv2DOptions", strideH=1, strideW=1, padding=1)  # fmt: skip
    flat = model.tensor((1, 1, 1, 32), scale=0.05, zero_point=3)
    model.operator("RESHAPE", [first], [flat], "ReshapeOptions", newShape=[1, 1, 1, 32])
    deep = convolution(flat, (1, 1, 1, 32), values(1, 1, 1, 32), depthMultiplier=1)
    some = values(8, 1, 1, 32)
    some[:4, ..., [0, *range(4, 32)]] = 0
    third = convolution(deep, (1, 1, 1, 8), some)
    last = convolution(third, (1, 1, 1, 4), values(4, 1, 1, 8))
    out = model.output((1, 4), scale=0.05, zero_point=3)
    model.operator("RESHAPE", [last], [out], "ReshapeOptions", newShape=[1, 4])
    assert mismatches(model.build(), tmp_path) == []
