"""In which order the nodes run: where branches leave a choice, the one that needs least memory."""

from __future__ import annotations

from dataclasses import dataclass

from tinydeploy.ir.graph import Graph, Node

_MOST_STATES = 4_000
"""Sets of executed nodes that are looked at; a graph with more keeps the model's order."""


@dataclass(frozen=True, slots=True)
class _Path:
    """A way to execute some nodes: its peak so far in bytes, and the nodes in order."""

    peak_bytes: int
    order: tuple[int, ...]


def order_nodes(graph: Graph) -> tuple[Node, ...]:
    """The nodes in the order with the lowest peak of live tensors; the model's own when equal.

    Dynamic programming over the sets of nodes that can have been executed (Ahn et al., "Ordering
    Chaos", MLSys 2020).
    """
    memory = _Memory(graph)
    best = _best_order(memory, len(graph.nodes))
    if best is None:
        return graph.nodes
    given = memory.peak_bytes(tuple(range(len(graph.nodes))))
    if best.peak_bytes >= given:
        return graph.nodes
    return tuple(graph.nodes[i] for i in best.order)


def _best_order(memory: _Memory, count: int) -> _Path | None:
    paths = {0: _Path(0, ())}
    visited = 0
    for _ in range(count):
        longer: dict[int, _Path] = {}
        for done, path in paths.items():
            for node in memory.ready(done):
                peak = max(path.peak_bytes, memory.during(done, node))
                after = done | 1 << node
                if after not in longer or peak < longer[after].peak_bytes:
                    longer[after] = _Path(peak, (*path.order, node))
            if visited + len(longer) > _MOST_STATES:
                return None
        paths = longer
        visited += len(paths)
    return next(iter(paths.values()), None)


class _Memory:
    """How many bytes are alive when a set of nodes (a bit mask) has been executed."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        owner = self._owners()
        producers = {t: i for i, node in enumerate(graph.nodes) for t in node.outputs}
        # Each producer once: a node may read several outputs of one.
        needed = ({producers[t] for t in node.inputs if t in producers} for node in graph.nodes)
        self._needs = [sum(1 << producer for producer in each) for each in needed]
        self._size: dict[int, int] = {}
        self._makers: dict[int, int] = {}
        self._readers: dict[int, int] = {}
        read_by: dict[int, int] = {}
        for index, node in enumerate(graph.nodes):
            for read in {t for t in node.inputs if t is not None}:
                read_by[read] = read_by.get(read, 0) | 1 << index
        for tensor, root in owner.items():
            self._size[root] = graph.tensors[root].size_bytes
            self._readers[root] = self._readers.get(root, 0) | read_by.get(tensor, 0)
            if tensor in producers and root == tensor:
                self._makers[root] = 1 << producers[tensor]
        self._kept = {owner[t] for t in graph.outputs if t in owner}

    def ready(self, done: int) -> list[int]:
        """Nodes that can run next, in the model's order."""
        return [
            i for i, needs in enumerate(self._needs) if not done >> i & 1 and needs & done == needs
        ]

    def during(self, done: int, node: int) -> int:
        """Bytes alive while `node` runs after the nodes in `done`."""
        running = 1 << node
        return sum(
            size
            for tensor, size in self._size.items()
            if self._is_alive(tensor, done) or running & (self._makers.get(tensor, 0))
        )

    def peak_bytes(self, order: tuple[int, ...]) -> int:
        """The peak of executing all nodes in `order`."""
        done, peak = 0, 0
        for node in order:
            peak = max(peak, self.during(done, node))
            done |= 1 << node
        return peak

    def _is_alive(self, tensor: int, done: int) -> bool:
        made = tensor not in self._makers or bool(self._makers[tensor] & done)
        unread = self._readers[tensor] & ~done != 0
        return made and (unread or tensor in self._kept)

    def _owners(self) -> dict[int, int]:
        """Each tensor in the arena, and the tensor whose memory it uses (views have none)."""
        computed = (output for node in self._graph.nodes for output in node.outputs)
        owner = {i: i for i in (*self._graph.inputs, *computed)}
        for node in self._graph.nodes:
            if node.op.IS_VIEW and node.inputs[0] in owner:
                owner[node.outputs[0]] = owner[node.inputs[0]]
        return owner
