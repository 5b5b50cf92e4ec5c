"""Elementwise operators: what they refuse, how they broadcast, what they do with constants."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.compare import mismatches
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import DType, NodeIO, Quantization, Tensor
from tinydeploy.ops import OPS
from tinydeploy.ops.broadcast import broadcast_params, in_place_inputs
from tinydeploy.ops.lookup import LookupOp
from tinydeploy.passes import optimize

LOOKUPS = sorted({op.NAME for op in OPS if issubclass(op, LookupOp)})
BINARY = ("ADD", "SUB", "MUL", "MINIMUM", "MAXIMUM", "PRELU")


class ConstantBuilder(ModelBuilder):
    """A builder whose operators read constants where they would read inputs of the model."""

    def __init__(self) -> None:
        super().__init__()
        self._rng = np.random.default_rng(1)
        source = super().input((1, 4), scale=1.0, name="looked at by nobody")
        self.operator("SQUEEZE", [source], [self.output((4,), scale=1.0)])

    def input(self, shape: Sequence[int], **kwargs: Any) -> int:
        return self.tensor(shape, data=self._rng.integers(0, 100, shape), **kwargs)


def _constant_model(operator: str) -> bytes:
    builder = ConstantBuilder()
    module = importlib.import_module(f"tests.kernels.cases.{operator.lower()}")
    for case in islice(module.cases(), 0, None, 3):
        case.add(builder)
    return builder.build()


@pytest.mark.parametrize("operator", [*LOOKUPS, "DEQUANTIZE"])
def test_constant_is_folded_to_the_reference_value(operator: str, tmp_path: Path) -> None:
    model = _constant_model(operator)
    nodes = optimize(read_tflite(model, "constants")).nodes
    assert operator not in {node.op.NAME for node in nodes}
    assert mismatches(model, tmp_path, samples=1) == []


@pytest.mark.parametrize("operator", [*BINARY, "QUANTIZE"])
def test_constants_only_give_the_reference_value(operator: str, tmp_path: Path) -> None:
    assert mismatches(_constant_model(operator), tmp_path, samples=1) == []


INT8 = {"scale": 0.05, "zero_point": 0}
REFUSED: tuple[tuple[str, str, Sequence[dict[str, Any]], dict[str, Any], str], ...] = (
    ("wrong shape", "ADD", [{"shape": (2, 3)}, {"shape": (3,)}], {"shape": (3,)}, "don't give"),
    ("no broadcast", "MUL", [{"shape": (3,)}, {"shape": (2,)}], {"shape": (3,)}, "don't give"),
    ("one input", "SUB", [{}], {}, "needs two inputs"),
    ("three inputs", "ADD", [{}, {}, {}], {}, "needs two inputs"),
    ("two inputs", "RELU", [{}, {}], {}, "needs one input"),
    ("uint8", "ADD", [{"dtype": "uint8"}, {"dtype": "uint8"}], {"dtype": "uint8"}, "not int8"),
    ("mixed types", "TANH", [{"dtype": "uint8", "zero_point": 3}], {}, "differ in type"),
    ("int32", "QUANTIZE", [{"dtype": "int32"}], {}, "int32, not int8 or uint8"),
    ("to int32", "DEQUANTIZE", [{}], {"dtype": "int32"}, "output is int32"),
    ("no scale", "RELU", [{"scale": None}], {}, "one scale"),
    ("no output scale", "QUANTIZE", [{}], {"scale": None}, "one scale"),
    ("zero point", "MAXIMUM", [{"zero_point": 128}, {}], {}, "outside int8"),
    (
        "zero point of uint8",
        "QUANTIZE",
        [{"dtype": "uint8", "zero_point": -1}],
        {},
        "outside uint8",
    ),
    ("tiny output scale", "ADD", [{}, {}], {"scale": 1e-9}, "factor"),
    ("huge input scale", "SUB", [{"scale": 3e38}, {}], {}, "factor"),
    ("huge factor", "MUL", [{"scale": 1e9}, {"scale": 1e9}], {}, "too large"),
    ("infinite factor", "MUL", [{"scale": 3e38}, {"scale": 3e38}], {}, "too large"),
    ("huge rescaling", "QUANTIZE", [{"scale": 1e9}], {"scale": 1e-9}, "too large"),
    ("huge slope", "PRELU", [{}, {"scale": 1e12}], {}, "too large"),
    ("slope too big", "PRELU", [{"shape": (1,)}, {}], {}, "enlarges"),
    ("logistic scale", "LOGISTIC", [{}], {"scale": 0.01}, "1/256"),
    ("hard swish scale", "HARD_SWISH", [{"scale": 1.0}], {"scale": 1e-3}, "1/128"),
    ("shape", "ABS", [{"shape": (5,)}], {"shape": (4,)}, "can't become"),
)


@pytest.mark.parametrize(
    ("operator", "inputs", "output", "message"),
    [case[1:] for case in REFUSED],
    ids=[case[0] for case in REFUSED],
)
def test_what_the_kernel_cannot_compute_is_refused(
    operator: str, inputs: Sequence[dict[str, Any]], output: dict[str, Any], message: str
) -> None:
    builder = ModelBuilder()
    arguments: dict[str, Any] = {"shape": (4,), **INT8}
    tensors = [builder.input(**{**arguments, **given}) for given in inputs]
    builder.operator(operator, tensors, [builder.output(**{**arguments, **output})])
    with pytest.raises(UnsupportedModelError, match=message):
        read_tflite(builder.build(), "refused")


def test_alpha_that_is_no_number_is_refused() -> None:
    builder = ModelBuilder()
    ends = [builder.input((4,), **INT8)], [builder.output((4,), **INT8)]
    builder.operator("LEAKY_RELU", *ends, "LeakyReluOptions", alpha=float("nan"))
    with pytest.raises(UnsupportedModelError, match="alpha"):
        read_tflite(builder.build(), "refused")


def _io(first: tuple[int, ...], second: tuple[int, ...]) -> NodeIO:
    output = np.broadcast_shapes(first, second)
    tensors = [
        Tensor(str(shape), shape, DType.INT8, Quantization((0.1,), (0,)))
        for shape in (first, second, output)
    ]
    return NodeIO((tensors[0], tensors[1]), (tensors[2],))


@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        ((1, 4, 5, 3), (1, 4, 5, 3), (60,)),
        ((1, 4, 5, 3), (3,), (20, 3)),
        ((1, 4, 5, 3), (), (60,)),
        ((1, 4, 5, 3), (1, 4, 5, 1), (20, 3)),
        ((1, 1, 1), (1,), (1,)),
        ((2, 1, 3, 1, 2, 1), (1, 4, 1, 2, 1, 3), (2, 4, 3, 2, 2, 3)),
    ],
)
def test_dimensions_that_are_read_alike_become_one_row(
    first: tuple[int, ...], second: tuple[int, ...], rows: tuple[int, ...]
) -> None:
    assert broadcast_params(_io(first, second))["sizes"] == (1,) * (6 - len(rows)) + rows


def test_output_may_replace_only_an_input_of_its_size() -> None:
    assert in_place_inputs(_io((4, 3), (4, 3))) == (0, 1)
    assert in_place_inputs(_io((3,), (4, 3))) == (1,)
    assert in_place_inputs(_io((4, 1), (1, 3))) == ()
