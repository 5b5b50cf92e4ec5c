"""Which tensors share memory, and from which layer to which each piece is needed."""

from __future__ import annotations

from collections.abc import Sequence

from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.op import Call
from tinydeploy.plan.arena import Buffer


def storage_of(graph: Graph, layers: Sequence[Node]) -> dict[int, int]:
    """Map each tensor that lives in the arena to the tensor whose memory it uses.

    A view uses its input's memory. An operator that works in place uses the memory of an input
    that nothing reads afterwards.
    """
    computed = (output for node in graph.nodes for output in node.outputs)
    storage = {index: index for index in (*graph.inputs, *computed)}
    for node in graph.nodes:
        if node.op.IS_VIEW and node.inputs[0] is not None:
            storage[node.outputs[0]] = storage[node.inputs[0]]
    for position, node in enumerate(layers):
        donor = _in_place_donor(graph, layers, storage, position)
        if donor is not None:
            released = storage[node.outputs[0]]
            for tensor, root in storage.items():
                if root == released:
                    storage[tensor] = storage[donor]
    return storage


def buffers_of(
    graph: Graph, layers: Sequence[Node], storage: dict[int, int]
) -> tuple[tuple[int, ...], tuple[Buffer, ...]]:
    """The tensors that own memory, and the buffer of each."""
    owners = tuple(dict.fromkeys(storage.values()))
    return owners, tuple(_buffer(graph, layers, storage, owner) for owner in owners)


def overlaps_of(
    layers: Sequence[Node],
    calls: Sequence[Sequence[Call]],
    storage: dict[int, int],
    owners: Sequence[int],
    buffers: Sequence[Buffer],
) -> dict[tuple[int, int], int | None]:
    """Where an output may overwrite what its kernel has already read of its input.

    Maps (output's buffer, input's buffer) to the least distance in bytes, or to None where both
    may only start together. Only where the input is read by this layer alone from here on, and
    the output is not needed before.
    """
    found: dict[tuple[int, int], int | None] = {}
    for position, (node, node_calls) in enumerate(zip(layers, calls, strict=True)):
        call = node_calls[0] if len(node_calls) == 1 else None
        distance = call.overlap_bytes if call else None
        sources = [storage[i] for i in node.inputs if i is not None and i in storage]
        if (
            call is None
            or not (call.in_place or distance is not None)
            or not sources
            or len(set(sources)) != len(sources)
        ):
            continue
        output, source = owners.index(storage[node.outputs[0]]), owners.index(sources[0])
        ends_here = buffers[source].last == buffers[output].first == position
        if node.inputs[0] in storage and ends_here and output != source:
            found[output, source] = distance
    return found


def _in_place_donor(
    graph: Graph, layers: Sequence[Node], storage: dict[int, int], position: int
) -> int | None:
    node = layers[position]
    size_bytes = graph.tensors[node.outputs[0]].size_bytes
    for index in node.op.in_place(graph.io(node)):
        tensor = node.inputs[index]
        if tensor is None or tensor not in storage:
            continue
        owner = storage[tensor]
        others = [storage.get(t) for i, t in enumerate(node.inputs) if i != index and t is not None]
        if (
            graph.tensors[tensor].size_bytes == size_bytes
            and _buffer(graph, layers, storage, owner).last == position
            and owner not in others
        ):
            return tensor
    return None


def _buffer(graph: Graph, layers: Sequence[Node], storage: dict[int, int], owner: int) -> Buffer:
    members = {tensor for tensor, root in storage.items() if root == owner}
    touched = [
        position
        for position, node in enumerate(layers)
        if members.intersection(node.outputs) or members.intersection(node.inputs)
    ]
    first = 0 if members.intersection(graph.inputs) else min(touched, default=0)
    last = len(layers) if members.intersection(graph.outputs) else max(touched, default=first)
    return Buffer(max(graph.tensors[i].size_bytes for i in members), first, last)
