"""A graph as text that a person can read and diff."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum
from typing import Any

from tinydeploy.ir.graph import Graph, Node, Tensor


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
