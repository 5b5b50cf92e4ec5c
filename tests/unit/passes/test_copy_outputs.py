"""An output of the model can be any tensor: a constant, an input, the same one twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.compare import mismatches
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.passes import optimize


def test_constant_output_is_copied_once(tmp_path: Path) -> None:
    model = ModelBuilder()
    source = model.input((1, 4), scale=0.1)
    model.operator("RELU", [source], [model.output((1, 4), scale=0.1)])
    constant = model.output((1, 9), scale=0.1, data=np.arange(9))
    model.repeat_output(constant)
    data = model.build()
    nodes = [node.op.NAME for node in optimize(read_tflite(data, "constant")).nodes]
    assert nodes == ["RELU", "COPY"]
    assert mismatches(data, tmp_path) == []


def test_folded_output_is_copied(tmp_path: Path) -> None:
    model = ModelBuilder()
    source = model.input((1, 4), scale=0.1)
    model.operator(
        "SHAPE", [source], [model.output((2,), dtype="int32")], "ShapeOptions", outType=2
    )
    assert mismatches(model.build(), tmp_path) == []


def test_view_of_an_input_and_the_input_itself_are_outputs(tmp_path: Path) -> None:
    model = ModelBuilder()
    source = model.input((1, 4), scale=0.1)
    model.operator("SQUEEZE", [source], [model.output((4,), scale=0.1)], "SqueezeOptions")
    model.repeat_output(source)
    model.operator("RELU", [source], [model.output((1, 4), scale=0.1)])
    assert mismatches(model.build(), tmp_path) == []


def test_output_twice_that_another_operator_reads(tmp_path: Path) -> None:
    model = ModelBuilder()
    source = model.input((1, 4), scale=0.1)
    active = model.output((1, 4), scale=0.1)
    model.operator("RELU", [source], [active])
    model.repeat_output(active)
    model.operator("TANH", [active], [model.output((1, 4), scale=1 / 128)])
    assert mismatches(model.build(), tmp_path) == []


def test_model_without_any_operator(tmp_path: Path) -> None:
    model = ModelBuilder()
    model.repeat_output(model.input((1, 4), scale=0.1))
    assert mismatches(model.build(), tmp_path) == []
