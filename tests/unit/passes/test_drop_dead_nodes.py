"""Operators that no output depends on go; all others stay."""

from __future__ import annotations

from pathlib import Path

from tests.support.passes import apply_pass, operators
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.passes.drop_dead_nodes import drop_dead_nodes


def test_chain_that_leads_nowhere_is_dropped(tmp_path: Path) -> None:
    model = ModelBuilder()
    source, out = model.input((1, 6), scale=0.1), model.output((1, 6), scale=0.1)
    middle, end = model.tensor((1, 6), scale=0.1), model.tensor((1, 6), scale=1 / 128)
    model.operator("RELU", [source], [middle])
    model.operator("TANH", [middle], [end])
    model.operator("RELU6", [source], [out])
    graph = apply_pass(drop_dead_nodes, model.build(), tmp_path)
    assert operators(graph) == ["RELU6"]


def test_operator_with_one_needed_output_stays(tmp_path: Path) -> None:
    model = ModelBuilder()
    source, axis = model.input((1, 6), scale=0.1), model.tensor((), "int32", data=1)
    parts = [model.tensor((1, 3), scale=0.1), model.output((1, 3), scale=0.1)]
    model.operator("SPLIT", [axis, source], parts, "SplitOptions", numSplits=2)
    graph = apply_pass(drop_dead_nodes, model.build(), tmp_path)
    assert operators(graph) == ["SPLIT"]


def test_unread_input_stays_an_input(tmp_path: Path) -> None:
    model = ModelBuilder()
    source, unread = model.input((1, 6), scale=0.1), model.input((1, 9), scale=0.1)
    model.operator("RELU", [source], [model.output((1, 6), scale=0.1)])
    graph = apply_pass(drop_dead_nodes, model.build(), tmp_path)
    assert graph.inputs == (source, unread)
