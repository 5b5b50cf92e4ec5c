"""A RELU goes into the operator before it, exactly where that changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.passes import apply_pass, operators
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.passes.fuse_activations import fuse_activations

SHAPE = (1, 4, 4, 3)
RELU = 1


@dataclass(frozen=True, slots=True)
class Activated:
    """An operator, and the activation that reads it."""

    operator: str = "ADD"
    activation: str = "RELU"
    scale: float = 0.05
    zero_point: int = -20
    after_scale: float | None = None
    fused: int = 0
    readers: int = 1
    is_output: bool = False

    def build(self) -> bytes:
        model = ModelBuilder()
        make = model.output if self.is_output else model.tensor
        shape = (1, 4, 4, 6) if self.operator == "CONCATENATION" else SHAPE
        middle = make(shape, scale=self.scale, zero_point=self.zero_point)
        self._producer(model, middle)
        for _ in range(self.readers):
            after = self.after_scale or self.scale
            out = model.output(shape, scale=after, zero_point=self.zero_point)
            model.operator(self.activation, [middle], [out])
        return model.build()

    def _producer(self, model: ModelBuilder, out: int) -> None:
        rng = np.random.default_rng(8)
        scale = self.scale if self.operator in {"CONCATENATION", "AVERAGE_POOL_2D"} else 0.03
        point = self.zero_point if scale == self.scale else 7
        source = model.input(SHAPE, scale=scale, zero_point=point)
        if self.operator == "CONV_2D":
            weights = model.tensor((3, 1, 1, 3), scale=0.02, data=rng.integers(-127, 128, 9))
            bias = model.tensor((3,), "int32", scale=0.0006, data=rng.integers(-99, 99, 3))
            model.operator("CONV_2D", [source, weights, bias], [out], "Conv2DOptions", strideH=1,
                           strideW=1, dilationHFactor=1, dilationWFactor=1,
                           fusedActivationFunction=self.fused)  # fmt: skip
        elif self.operator == "AVERAGE_POOL_2D":
            model.operator("AVERAGE_POOL_2D", [source], [out], "Pool2DOptions", strideH=1,
                           strideW=1, filterHeight=2, filterWidth=2,
                           fusedActivationFunction=self.fused)  # fmt: skip
        else:
            second = model.input(SHAPE, scale=scale, zero_point=point)
            options = {"ADD": "AddOptions", "MUL": "MulOptions", "SUB": "SubOptions"}
            fields = {"axis": 3} if self.operator == "CONCATENATION" else {}
            table = options.get(self.operator, "ConcatenationOptions")
            model.operator(self.operator, [source, second], [out], table,
                           fusedActivationFunction=self.fused, **fields)  # fmt: skip


@pytest.mark.parametrize("activation", ["RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("operator", ["ADD", "SUB", "MUL", "CONV_2D", "AVERAGE_POOL_2D"])
@pytest.mark.parametrize(("scale", "zero_point"), [(0.05, -20), (0.011, -128), (0.3, 100)])
def test_activation_is_fused(
    operator: str, activation: str, scale: float, zero_point: int, tmp_path: Path
) -> None:
    case = Activated(operator, activation, scale, zero_point)
    graph = apply_pass(fuse_activations, case.build(), tmp_path)
    assert operators(graph) == [operator]


@pytest.mark.parametrize(
    "case",
    [
        Activated(after_scale=0.025),
        Activated(readers=2),
        Activated(is_output=True),
        Activated(fused=RELU, activation="RELU6"),
        Activated(operator="CONCATENATION"),
        Activated(activation="TANH", scale=1 / 128, zero_point=0),
    ],
)
def test_activation_is_kept(case: Activated, tmp_path: Path) -> None:
    graph = apply_pass(fuse_activations, case.build(), tmp_path)
    assert operators(graph) == [case.operator, *[case.activation] * case.readers]
