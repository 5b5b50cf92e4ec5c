"""The rules that every graph obeys, checked after the reader and after each pass."""

from __future__ import annotations

from tinydeploy.errors import UnsupportedModelError
from tinydeploy.ir.graph import Graph, Node
from tinydeploy.ir.op import OpError


def describe_node(index: int, operator: str, output_name: str) -> str:
    """How messages refer to a node."""
    return f'operator {index} ({operator}, output "{output_name}")'


def verify_graph(graph: Graph, after: str) -> None:
    """Raise UnsupportedModelError, naming node and stage, where a rule is broken."""
    try:
        _check_inputs(graph)
        defined = set(graph.inputs) | {i for i, t in enumerate(graph.tensors) if t.is_constant}
        for index, node in enumerate(graph.nodes):
            _check_node(graph, node, index, defined)
            defined.update(node.outputs)
        _check_outputs(graph, defined)
    except OpError as error:
        raise UnsupportedModelError(
            f'model "{graph.name}", after {after}: {error}',
            "Change this layer in the model, or convert the model again.",
        ) from None


def _check_inputs(graph: Graph) -> None:
    if not graph.inputs:
        raise OpError("the model has no input")
    if len(set(graph.inputs)) != len(graph.inputs):
        raise OpError("the model lists an input twice")
    for index in graph.inputs:
        if graph.tensors[index].is_constant:
            raise OpError(f'input "{graph.tensors[index].name}" is a constant')


def _check_node(graph: Graph, node: Node, index: int, defined: set[int]) -> None:
    where = describe_node(index, node.op.NAME, node.name)
    for tensor in node.inputs:
        if tensor is not None and tensor not in defined:
            name = graph.tensors[tensor].name
            raise OpError(f'{where} reads "{name}", which nothing has computed yet')
    for tensor in node.outputs:
        if tensor in defined:
            name = graph.tensors[tensor].name
            raise OpError(f'{where} computes "{name}", which has a value already')
    try:
        _check_output_count(node)
        node.op.check(graph.io(node))
    except OpError as error:
        raise OpError(f"{where}: {error}") from None


def _check_output_count(node: Node) -> None:
    if len(set(node.outputs)) != len(node.outputs):
        raise OpError("it computes a tensor twice")
    if len(node.outputs) != 1 and not node.op.VARIABLE_OUTPUTS:
        raise OpError(f"it has {len(node.outputs)} outputs, not 1")


def _check_outputs(graph: Graph, defined: set[int]) -> None:
    if not graph.outputs:
        raise OpError("the model has no output")
    for index in graph.outputs:
        if index not in defined:
            raise OpError(f'output "{graph.tensors[index].name}" is computed by no operator')
