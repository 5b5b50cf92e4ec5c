"""16x8 (int16 activations): random shapes against the reference, and what it must refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.kernels import pools
from tests.kernels.case import Case, one_model
from tests.kernels.cases import conv_2d, depthwise_conv_2d, fully_connected
from tests.support.compare import mismatches
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.op import Isa
from tinydeploy.passes import optimize
from tinydeploy.plan.kernels import candidates_for

CASES_OF_A_SEED = 25


def _random_cases(seed: int) -> Iterator[Case]:
    """Convolutions, pools and matrices of random geometry."""
    rng = np.random.default_rng(seed)

    def pair(low: int, high: int) -> tuple[int, int]:
        first, second = rng.integers(low, high + 1, 2).tolist()
        return first, second

    for index in range(seed * CASES_OF_A_SEED, (seed + 1) * CASES_OF_A_SEED):
        batch, channels, outputs = (int(n) for n in rng.integers(1, (3, 9, 9)))
        shape = (batch, *pair(5, 11), channels)
        kernel, strides, dilations, padding = pair(1, 3), pair(1, 3), pair(1, 2), int(index % 2)
        window = (kernel, strides, dilations, padding)
        yield conv_2d._case(index, shape, outputs, 1, *window, activations="int16")
        yield depthwise_conv_2d._case(index, shape, outputs, *window, activations="int16")
        yield fully_connected._case_int16(index, int(rng.integers(1, 300)), outputs)
        yield pools._case(
            "AVERAGE_POOL_2D", shape, kernel, strides, padding, index % 4, 0, 1e-4 + index, "int16"
        )


@pytest.mark.parametrize("seed", range(4))
def test_random_shapes_match_the_reference(seed: int, tmp_path: Path) -> None:
    assert mismatches(one_model(_random_cases(seed)), tmp_path, samples=2) == []


@pytest.mark.parametrize("isa", Isa)
def test_no_kernel_for_int8_takes_int16(isa: Isa) -> None:
    graph = optimize(read_tflite(one_model(_random_cases(0)), "test"))
    names = {kernel.name for node in graph.nodes for kernel, _ in candidates_for(graph, node, isa)}
    assert names == {
        "conv_2d_s16_generic",
        "depthwise_conv_2d_s16_generic",
        "fully_connected_s16_generic",
        "average_pool_2d_s16_generic",
    }


def _matrix(scale: float = 1e-3, **changes: Any) -> bytes:
    """A fully connected layer; `changes` of its input (zero_point) and bias (dtype, data)."""
    model = ModelBuilder()
    zero_point = changes.get("zero_point", 0)
    source = model.input((1, 4), dtype="int16", scale=1e-3, zero_point=zero_point)
    weights = model.tensor((2, 4), scale=scale, data=np.ones((2, 4)))
    dtype, data = changes.get("dtype", "int64"), changes.get("data", (5, 6))
    bias = model.tensor((2,), dtype, scale=1e-6, data=data)
    out = model.output((1, 2), dtype=changes.get("output", "int16"), scale=1e-3)
    model.operator("FULLY_CONNECTED", [source, weights, bias], [out], "FullyConnectedOptions")
    return model.build()


def _sum(shape: tuple[int, ...], scales: tuple[float, float, float]) -> bytes:
    """An ADD that may use powers of two; the first input has 4 elements."""
    model = ModelBuilder()
    first = model.input((1, 4), dtype="int16", scale=scales[0])
    second = model.input(shape, dtype="int16", scale=scales[1])
    out = model.output((1, 4), dtype="int16", scale=scales[2])
    model.operator("ADD", [first, second], [out], "AddOptions", potScaleInt16=True)
    return model.build()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: _matrix(dtype="int32"), "the bias is int32, not int64"),
        (lambda: _matrix(data=(2**47, 0)), "overflow 48 bits"),
        (lambda: _matrix(data=(-(2**63), 0)), "overflow 48 bits"),
        (lambda: _matrix(scale=200.0), "a factor of 200"),
        (lambda: _matrix(data=(2**41, 0)), "steps of its scale: too large"),
        (lambda: _matrix(zero_point=3), "zero point other than 0"),
        (lambda: _matrix(output="int8"), "the output is int8, not int16"),
        (lambda: _sum((1,), (0.5, 0.5, 0.5)), "the inputs' shapes differ"),
        (lambda: _sum((1, 4), (0.5, 0.5, 1.0)), "not the larger one"),
        (lambda: _sum((1, 4), (0.5, 2.0**-17, 0.5)), "times smaller"),
    ],
)
def test_what_the_reference_does_not_define_is_refused(
    make: Callable[[], bytes], said: str
) -> None:
    with pytest.raises(UnsupportedModelError, match=said):
        read_tflite(make(), "wide")
