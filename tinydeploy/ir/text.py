"""A graph and its names as text that a person can read and diff."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # For the types alone: names are shown by commands that need no arrays.
    from tinydeploy.ir.graph import Graph, Node, Tensor

_SHOWN_NAME_CHARACTERS = 40
_VARIABLE_READS = ("/ReadVariableOp", "/resource")


def printable(text: str) -> str:
    """`text` in one line, without what could drive a terminal."""
    return "".join(c if c.isprintable() else "?" for c in text)


def short_name(name: str) -> str:
    """The part of a tensor's name that says most, for a table or a message.

    The converter joins the names of all that it fused by semicolons; the operator that computes
    the tensor comes last, but for reads of variables.
    """
    parts = [part for part in name.split(";") if part.strip()] or ["(no name)"]
    telling = [part for part in parts if not part.endswith(_VARIABLE_READS)]
    shown = printable((telling or parts)[-1])
    if len(shown) <= _SHOWN_NAME_CHARACTERS:
        return shown
    return "…" + shown[-_SHOWN_NAME_CHARACTERS + 1 :]


def graph_text(graph: Graph) -> str:
    """The whole graph, one node a line."""
    return "\n".join(_lines(graph)) + "\n"


def _lines(graph: Graph) -> Iterator[str]:
    yield f"graph {graph.name!r}"
    for index in graph.inputs:
        yield f"  input  %{index} {tensor_text(graph.tensors[index])}"
    for number, node in enumerate(graph.nodes):
        yield f"  {number:4d}  {_node_text(graph, node)}"
    for index in graph.outputs:
        yield f"  output %{index} {tensor_text(graph.tensors[index])}"


def tensor_text(tensor: Tensor) -> str:
    """Type, shape, quantization and name of a tensor."""
    shape = "x".join(map(str, tensor.shape)) or "scalar"
    quantization = ""
    if tensor.quantization and tensor.quantization.per_channel:
        quantization = f" per channel (axis {tensor.quantization.axis})"
    elif tensor.quantization:
        quantization = f" scale={tensor.scale:.8g} zero_point={tensor.zero_point}"
    constant = " constant" if tensor.is_constant else ""
    return f"{tensor.dtype.value}[{shape}]{quantization}{constant} {tensor.name!r}"


def _node_text(graph: Graph, node: Node) -> str:
    outputs = ", ".join(f"%{i} {tensor_text(graph.tensors[i])}" for i in node.outputs)
    inputs = ", ".join("none" if i is None else f"%{i}" for i in node.inputs)
    attributes = ", ".join(_attributes(node.op))
    return f"{outputs} = {node.op.NAME}({inputs})" + (f" {{{attributes}}}" if attributes else "")


def _attributes(op: Any) -> Iterator[str]:
    for field in dataclasses.fields(op):
        value = getattr(op, field.name)
        yield f"{field.name}={value.name if isinstance(value, Enum) else value}"
