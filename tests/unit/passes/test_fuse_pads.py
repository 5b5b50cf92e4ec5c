"""A PAD goes into the convolution after it, exactly where that changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.passes import apply_pass, operators
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.passes.fuse_pads import fuse_pads

SAME, VALID = 0, 1
ZERO_POINT = -11
SPATIAL = ((0, 0), (1, 2), (0, 3), (0, 0))


@dataclass(frozen=True, slots=True)
class Padded:
    """A PAD and the operator that reads it."""

    operator: str = "CONV_2D"
    pad: str = "PAD"
    paddings: Sequence[Sequence[int]] = SPATIAL
    value: int = ZERO_POINT
    padding: int = VALID
    stride: int = 1
    readers: int = 1
    is_output: bool = False
    scale: float = 0.04

    def build(self) -> bytes:
        rng = np.random.default_rng(4)
        model = ModelBuilder()
        shape = (1, 7, 6, 3)
        source = model.input(shape, scale=0.04, zero_point=ZERO_POINT)
        size = [n + sum(sides) for n, sides in zip(shape, self.paddings, strict=True)]
        make = model.output if self.is_output else model.tensor
        padded = make(size, scale=self.scale, zero_point=ZERO_POINT)
        inputs = [source, model.tensor((4, 2), "int32", data=self.paddings)]
        if self.pad == "PADV2":
            inputs.append(
                model.tensor((1,), scale=self.scale, zero_point=ZERO_POINT, data=self.value)
            )
        model.operator(self.pad, inputs, [padded])
        for _ in range(self.readers):
            self._reader(model, rng, padded, size)
        return model.build()

    def _reader(
        self, model: ModelBuilder, rng: np.random.Generator, padded: int, size: Sequence[int]
    ) -> None:
        window = 1 if self.padding == SAME else 3
        height, width = ((n - window) // self.stride + 1 for n in size[1:3])
        if self.operator == "MAX_POOL_2D":
            out = model.output((size[0], height, width, size[3]), scale=0.04, zero_point=ZERO_POINT)
            model.operator("MAX_POOL_2D", [padded], [out], "Pool2DOptions", padding=self.padding,
                           strideH=self.stride, strideW=self.stride,
                           filterHeight=3, filterWidth=3)  # fmt: skip
            return
        depthwise = self.operator == "DEPTHWISE_CONV_2D"
        channels = size[3] if depthwise else 5
        weights_shape = (1, 3, 3, channels) if depthwise else (channels, 3, 3, size[3])
        weights = model.tensor(
            weights_shape, scale=0.01, data=rng.integers(-127, 128, weights_shape)
        )
        bias = model.tensor((channels,), "int32", data=rng.integers(-99, 99, channels), scale=4e-4)
        out = model.output((size[0], height, width, channels), scale=0.1, zero_point=3)
        extra = {"depthMultiplier": 1} if depthwise else {}
        options = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
        model.operator(self.operator, [padded, weights, bias], [out], options,
                       padding=self.padding, strideH=self.stride, strideW=self.stride,
                       dilationHFactor=1, dilationWFactor=1, **extra)  # fmt: skip


@pytest.mark.parametrize(
    "case",
    [
        Padded(),
        Padded(operator="DEPTHWISE_CONV_2D"),
        Padded(stride=2),
        Padded(operator="DEPTHWISE_CONV_2D", stride=2),
        Padded(padding=SAME),
        Padded(padding=SAME, stride=2),
        Padded(pad="PADV2"),
        Padded(paddings=((0, 0), (0, 0), (2, 0), (0, 0))),
        Padded(paddings=((0, 0), (4, 4), (4, 4), (0, 0))),
    ],
)
def test_pad_is_fused(case: Padded, tmp_path: Path) -> None:
    graph = apply_pass(fuse_pads, case.build(), tmp_path)
    assert operators(graph) == [case.operator]


@pytest.mark.parametrize(
    "case",
    [
        Padded(pad="PADV2", value=ZERO_POINT + 1),
        Padded(paddings=((0, 0), (1, 1), (1, 1), (0, 1))),
        Padded(paddings=((1, 0), (1, 1), (1, 1), (0, 0))),
        Padded(readers=2),
        Padded(is_output=True),
        Padded(scale=0.05),
        Padded(operator="MAX_POOL_2D"),
    ],
)
def test_pad_is_kept(case: Padded, tmp_path: Path) -> None:
    graph = apply_pass(fuse_pads, case.build(), tmp_path)
    assert operators(graph) == [case.pad, *[case.operator] * case.readers]
