"""Runs one graph pass, and compares what is left with the reference."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.compare import random_inputs, reference_outputs
from tests.support.host_library import HostLibrary
from tinydeploy.codegen.model import generate_library
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Graph
from tinydeploy.ir.op import Isa
from tinydeploy.ir.verify import verify_graph
from tinydeploy.passes.copy_outputs import copy_outputs
from tinydeploy.passes.fold_constants import fold_constants
from tinydeploy.plan.plan import plan_model

SAMPLES = 3


def apply_pass(apply: Callable[[Graph], Graph], tflite: bytes, folder: Path) -> Graph:
    """The graph after the pass alone, which must compute the reference's outputs."""
    graph = apply(read_tflite(tflite, "pass"))
    verify_graph(graph, "the pass")
    runnable = copy_outputs(fold_constants(graph))
    plan = plan_model(runnable, Isa.GENERIC)
    library = HostLibrary(plan, generate_library(plan), folder)
    for seed in range(SAMPLES):
        inputs = random_inputs(tflite, seed)
        expected, actual = reference_outputs(tflite, inputs), library.run(inputs)
        assert [a.tobytes() for a in actual] == [e.tobytes() for e in expected]
    return graph


def operators(graph: Graph) -> list[str]:
    """The names of the graph's operators, in order."""
    return [node.op.NAME for node in graph.nodes]
