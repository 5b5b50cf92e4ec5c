"""Graph passes: each keeps the meaning bit for bit, and the graph is verified after each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tinydeploy.ir.graph import Graph
from tinydeploy.ir.verify import verify_graph
from tinydeploy.passes.copy_outputs import copy_outputs
from tinydeploy.passes.drop_constant_channels import drop_constant_channels
from tinydeploy.passes.drop_dead_nodes import drop_dead_nodes
from tinydeploy.passes.fold_constants import fold_constants
from tinydeploy.passes.fuse_activations import fuse_activations
from tinydeploy.passes.fuse_pads import fuse_pads

Pass = Callable[[Graph], Graph]

PIPELINE: tuple[Pass, ...] = (
    fold_constants,
    fuse_pads,
    fuse_activations,
    drop_constant_channels,
    drop_dead_nodes,
    copy_outputs,
)
"""The passes in the order in which they run."""


def run_passes(graph: Graph) -> Iterator[tuple[str, Graph]]:
    """Yield (pass name, graph) after each pass; the last one is the optimized graph."""
    for apply in PIPELINE:
        graph = apply(graph)
        verify_graph(graph, f"pass {apply.__name__}")
        yield apply.__name__, graph


def optimize(graph: Graph) -> Graph:
    """The graph after all passes."""
    return list(run_passes(graph))[-1][1]
