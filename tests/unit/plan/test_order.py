"""Branches run in the order that needs least memory; the meaning stays."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from tests.support.compare import mismatches
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.verify import verify_graph
from tinydeploy.plan.order import order_nodes


def branches(seed: int) -> bytes:
    """One input, several branches of random width, concatenated."""
    rng = np.random.default_rng(seed)
    model = ModelBuilder()
    source = model.input((1, 8), scale=0.1)

    def dense(tensor: int, depth: int, width: int) -> int:
        out = model.tensor((1, width), scale=0.1)
        data = rng.integers(-127, 128, (width, depth))
        matrix = model.tensor((width, depth), scale=0.01, data=data)
        model.operator("FULLY_CONNECTED", [tensor, matrix], [out], "FullyConnectedOptions")
        return out

    wide = [int(w) for w in rng.integers(4, 200, int(rng.integers(2, 4)))]
    first = [dense(source, 8, width) for width in wide]
    ends = [dense(tensor, width, 4) for tensor, width in zip(first, wide, strict=True)]
    out = model.output((1, 4 * len(ends)), scale=0.1)
    model.operator("CONCATENATION", ends, [out], "ConcatenationOptions", axis=1)
    return model.build()


def peak_bytes(graph: Graph, nodes: tuple[Node, ...]) -> int:
    """The largest sum of live tensors, counted naively."""
    peak, available = 0, set(graph.inputs)
    for position, node in enumerate(nodes):
        available.update(node.outputs)
        peak = max(peak, sum(graph.tensors[t].size_bytes for t in available))
        later = {t for n in nodes[position + 1 :] for t in n.inputs} | set(graph.outputs)
        available &= later
    return peak


def legal_orders(graph: Graph) -> list[tuple[Node, ...]]:
    found = []
    for nodes in itertools.permutations(graph.nodes):
        known = set(graph.inputs) | {i for i, t in enumerate(graph.tensors) if t.is_constant}
        legal = True
        for node in nodes:
            legal = legal and known.issuperset(i for i in node.inputs if i is not None)
            known.update(node.outputs)
        if legal:
            found.append(nodes)
    return found


def both_halves() -> bytes:
    """A wide branch whose halves one node reads; run before them it would lower the peak."""
    rng = np.random.default_rng(0)
    model = ModelBuilder()

    def dense(tensor: int, out: int, depth: int, width: int) -> int:
        data = rng.integers(-127, 128, (width, depth))
        weights = model.tensor((width, depth), scale=0.01, data=data)
        model.operator("FULLY_CONNECTED", [tensor, weights], [out], "FullyConnectedOptions")
        return out

    source = model.input((1, 8), scale=0.1)
    wide = dense(source, model.tensor((1, 64), scale=0.1), 8, 64)
    axis = model.tensor((), "int32", data=np.array(1))
    halves = [model.tensor((1, 32), scale=0.1) for _ in range(2)]
    model.operator("SPLIT", [axis, wide], halves, "SplitOptions", numSplits=2)
    narrow = dense(source, model.tensor((1, 4), scale=0.1), 8, 4)
    largest = model.tensor((1, 32), scale=0.1)
    model.operator("MAXIMUM", halves, [largest], "MaximumMinimumOptions")
    both = model.tensor((1, 36), scale=0.1)
    model.operator("CONCATENATION", [largest, narrow], [both], "ConcatenationOptions", axis=1)
    dense(both, model.output((1, 1), scale=0.1), 36, 1)
    return model.build()


def test_a_node_that_reads_two_outputs_of_another_runs_after_it(tmp_path: Path) -> None:
    graph = read_tflite(both_halves(), "halves")
    verify_graph(graph.with_nodes(order_nodes(graph)), "ordering")
    assert mismatches(both_halves(), tmp_path) == []


@pytest.mark.parametrize("seed", range(8))
def test_no_order_needs_less(seed: int) -> None:
    graph = read_tflite(branches(seed), "branches")
    chosen = order_nodes(graph)
    verify_graph(graph.with_nodes(chosen), "ordering")
    assert peak_bytes(graph, chosen) == min(peak_bytes(graph, o) for o in legal_orders(graph))


def test_some_model_gains() -> None:
    graphs = [read_tflite(branches(seed), "branches") for seed in range(8)]
    assert any(peak_bytes(g, order_nodes(g)) < peak_bytes(g, g.nodes) for g in graphs)


@pytest.mark.parametrize("seed", range(4))
def test_outputs_stay_bit_for_bit(seed: int, tmp_path: Path) -> None:
    assert mismatches(branches(seed), tmp_path) == []
