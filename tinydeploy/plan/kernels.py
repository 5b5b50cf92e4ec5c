"""Which kernel computes each node: what the user wants most decides between those that can."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydeploy.config import Optimize
from tinydeploy.errors import InternalError
from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.op import EXECUTES, Call, Isa, Kernel
from tinydeploy.kernels import kernels_of

Candidate = tuple[Kernel, tuple[Call, ...]]

_WORTH_SPECIALIZING = 0.05
"""`balanced` compiles a kernel for one layer alone where it does this share of all MACs."""
_ISA_RANK = {Isa.GENERIC: 0, Isa.DSP: 1, Isa.MVE: 2}


@dataclass(frozen=True, slots=True)
class Choices:
    """What decides between kernels; later fields go before earlier ones."""

    optimize: Optimize = Optimize.BALANCED
    layers: Mapping[str, str] = field(default_factory=dict)
    """Kernel for the node with this name, as measured by `tinydeploy tune`."""
    forced: str | None = None
    """A kernel to use wherever it accepts a node: for tests."""


def choose_kernels(
    graph: Graph, nodes: Sequence[Node], isa: Isa, choices: Choices
) -> tuple[Candidate, ...]:
    """A kernel and its calls for each node."""
    total_macs = max(1, graph.macs())
    used: set[str] = set()
    chosen = []
    for node in nodes:
        share = node.op.macs(graph.io(node)) / total_macs
        output_bytes = graph.io(node).output.size_bytes
        able = candidates_for(graph, node, isa)
        candidate = _choose(able, node, choices, share, used, output_bytes)
        used.update(call.function for call in candidate[1] if not call.is_specialized)
        chosen.append(candidate)
    return tuple(chosen)


def candidates_for(graph: Graph, node: Node, isa: Isa) -> tuple[Candidate, ...]:
    """Every kernel that the core can execute and that accepts the node, fastest first."""
    io = graph.io(node)
    able = (kernel for kernel in kernels_of(type(node.op)) if kernel.isa in EXECUTES[isa])
    lowered = ((kernel, kernel.lower(node.op, io)) for kernel in able)
    found = tuple((kernel, calls) for kernel, calls in lowered if calls is not None)
    if not found:
        raise InternalError(f"no kernel computes {node.op.NAME} (output {node.name!r})")
    return found


def _choose(
    candidates: Sequence[Candidate],
    node: Node,
    choices: Choices,
    share: float,
    used: set[str],
    output_bytes: int,
) -> Candidate:
    for wanted in (choices.forced, choices.layers.get(node.name)):
        named = [candidate for candidate in candidates if candidate[0].name == wanted]
        if named:
            return named[0]
    # A slower instruction set saves little: only kernels of the best one are weighed.
    best = max(_ISA_RANK[kernel.isa] for kernel, _ in candidates)
    able = [c for c in candidates if _ISA_RANK[c[0].isa] == best]
    if choices.optimize is Optimize.SIZE:
        return min(able, key=lambda c: flash_bytes(c[1], used))
    if choices.optimize is Optimize.RAM:
        return min(able, key=lambda c: (_ram_bytes(c[1], output_bytes), flash_bytes(c[1], used)))
    if choices.optimize is Optimize.BALANCED and share < _WORTH_SPECIALIZING:
        shared = [c for c in able if not any(call.is_specialized for call in c[1])]
        return shared[0] if shared else able[0]
    return able[0]


def flash_bytes(calls: Sequence[Call], used: set[str]) -> int:
    """Tables of the calls, and code that no other layer has brought in."""
    code = sum(c.code_bytes for c in calls if c.is_specialized or c.function not in used)
    return code + sum(_table_bytes(value) for c in calls for value in c.params.values())


def _table_bytes(value: Any) -> int:
    return value.nbytes if isinstance(value, np.ndarray) else 4


def _ram_bytes(calls: Sequence[Call], output_bytes: int) -> int:
    """What the layer needs beside its input: scratch, and the output where it can't overlap."""
    call = calls[0]
    overlaps = len(calls) == 1 and (call.overlap_bytes is not None or call.in_place)
    scratch = max((call.scratch_bytes for call in calls), default=0)
    return scratch + (0 if overlaps else output_bytes)
