"""Reads an int8 .tflite file into a Graph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import tflite

from tinydeploy.errors import ModelFileError, UnsupportedModelError
from tinydeploy.frontend.advice import advice
from tinydeploy.frontend.flatbuffer import DAMAGE, fields, open_model
from tinydeploy.frontend.precision import require_integer_model
from tinydeploy.frontend.shapes import OpenAxes, known_outputs
from tinydeploy.ir.graph import Array, DType, Graph, Node, NodeIO, Quantization, Tensor
from tinydeploy.ir.op import Op, OpError, RawOperator
from tinydeploy.ir.verify import describe_node, verify_graph
from tinydeploy.ops import OPS

_MAX_TENSOR_BYTES = 2**31 - 1
_MAX_RANK = 6
_MAX_COUNT = 20_000
_ABSENT = -1
_OPEN = -1

_DTYPES = {
    tflite.TensorType.INT8: DType.INT8,
    tflite.TensorType.UINT8: DType.UINT8,
    tflite.TensorType.INT16: DType.INT16,
    tflite.TensorType.INT32: DType.INT32,
    tflite.TensorType.INT64: DType.INT64,
    tflite.TensorType.FLOAT32: DType.FLOAT32,
    tflite.TensorType.BOOL: DType.BOOL,
}
_TYPE_NAMES = {v: k for k, v in vars(tflite.TensorType).items() if isinstance(v, int)}
_OPTION_NAMES = {v: k for k, v in vars(tflite.BuiltinOptions).items() if isinstance(v, int)}
_OPERATOR_NAMES = {v: k for k, v in vars(tflite.BuiltinOperator).items() if isinstance(v, int)}
_OPS_BY_NAME: dict[str, type[Op]] = {op.NAME: op for op in OPS}


def read_tflite(data: bytes, name: str) -> Graph:
    """Read the bytes of a .tflite file.

    Raises ModelFileError for a damaged file, UnsupportedModelError for a sound one that is not
    a full-integer model, or holds an operator that has no integer kernel here.
    """
    where = f'model "{name}"'
    model = open_model(data, where)
    try:
        graph = _read_graph(model, name)
    except DAMAGE as error:
        raise ModelFileError(
            f"{where} is damaged ({error})", "Convert the model again from its source."
        ) from None
    verify_graph(graph, "the reader")
    return graph


def _read_graph(model: Any, name: str) -> Graph:
    if model.SubgraphsLength() != 1:
        raise UnsupportedModelError(
            f'model "{name}" has {model.SubgraphsLength()} subgraphs (control flow)',
            "Remove loops and conditions from the model: only one plain graph can be compiled.",
        )
    subgraph = model.Subgraphs(0)
    _require_sane_size(subgraph, name)
    require_integer_model(_tensor_types(subgraph), _operators(model, subgraph), name)
    tensors = tuple(
        _read_tensor(model, subgraph.Tensors(i), i) for i in range(subgraph.TensorsLength())
    )
    resolved, nodes = _read_nodes(model, subgraph, tensors)
    inputs = _indices(subgraph, "Inputs", len(tensors))
    for index in inputs:
        _require_known_sizes(subgraph, tensors, index)
    return Graph(
        name=name,
        tensors=resolved,
        nodes=nodes,
        inputs=inputs,
        outputs=_indices(subgraph, "Outputs", len(tensors)),
    )


def _require_known_sizes(subgraph: Any, tensors: Sequence[Tensor], index: int) -> None:
    """A size that is open in an input, but for the batch, would be taken for 1."""
    if open_axes := _open_axes(subgraph.Tensors(index), tensors[index]) - {0}:
        axes = ", ".join(map(str, sorted(open_axes)))
        raise UnsupportedModelError(
            f'input "{tensors[index].name}" leaves the size of axis {axes} open',
            "Convert the model with fixed shapes: code is generated for one size.",
        )


def _require_sane_size(subgraph: Any, name: str) -> None:
    counts = {"operators": subgraph.OperatorsLength(), "tensors": subgraph.TensorsLength()}
    for what, count in counts.items():
        if count > _MAX_COUNT:
            raise UnsupportedModelError(
                f'model "{name}" has {count:,} {what}, at most {_MAX_COUNT:,} are supported',
                "No model for a microcontroller has as many: the file is probably damaged.",
            )


def _tensor_types(subgraph: Any) -> tuple[str, ...]:
    return tuple(
        _TYPE_NAMES.get(subgraph.Tensors(i).Type(), "unknown type")
        for i in range(subgraph.TensorsLength())
    )


def _operators(model: Any, subgraph: Any) -> list[tuple[str, tuple[int, ...]]]:
    """(name, input tensors) of each operator in the file."""
    operators = [subgraph.Operators(i) for i in range(subgraph.OperatorsLength())]
    return [
        (_operator_name(model, operator), _vector(operator, "Inputs")) for operator in operators
    ]


def _read_tensor(model: Any, tensor: Any, index: int) -> Tensor:
    name = (tensor.Name() or b"").decode("utf-8", "replace") or f"tensor_{index}"
    if tensor.Type() not in _DTYPES:
        kind = _TYPE_NAMES.get(tensor.Type(), str(tensor.Type()))
        raise UnsupportedModelError(
            f'tensor {index} "{name}" has type {kind}, which integer code can\'t hold',
            "Quantize the model to full-integer int8.",
        )
    dtype = _DTYPES[tensor.Type()]
    shape = _read_shape(tensor, name, dtype)
    return Tensor(
        name=name,
        shape=shape,
        dtype=dtype,
        quantization=_read_quantization(tensor.Quantization(), name, shape),
        data=_read_data(model, tensor, name, shape, dtype),
    )


def _read_shape(tensor: Any, name: str, dtype: DType) -> tuple[int, ...]:
    shape = tuple(int(d) for d in _vector(tensor, "Shape"))
    if len(shape) > _MAX_RANK:
        raise UnsupportedModelError(
            f'tensor "{name}" has {len(shape)} dimensions, at most {_MAX_RANK} are supported',
            "Reshape it in the model.",
        )
    if any(d < 1 for d in shape):
        raise ModelFileError(
            f'tensor "{name}" has the shape {list(shape)}: every dimension must be at least 1',
            "Convert the model with fixed shapes (batch size 1).",
        )
    if math.prod(shape) * dtype.size_bytes > _MAX_TENSOR_BYTES:
        raise ModelFileError(
            f'tensor "{name}" with shape {list(shape)} would take more than 2 GB',
            "The file is probably damaged: convert the model again.",
        )
    return shape


def _read_quantization(table: Any, name: str, shape: tuple[int, ...]) -> Quantization | None:
    if table is None or table.ScaleLength() == 0:
        return None
    scales = tuple(float(s) for s in _vector(table, "Scale"))
    zero_points = tuple(int(z) for z in _vector(table, "ZeroPoint")) or (0,)
    if len(zero_points) == 1:
        zero_points *= len(scales)
    axis = table.QuantizedDimension()
    if not all(math.isfinite(s) and s > 0 for s in scales):
        raise ModelFileError(
            f'tensor "{name}" has a quantization scale that is not a positive number',
            "Convert the model again with calibration data that covers its inputs.",
        )
    per_channel = len(scales) > 1
    sound = len(zero_points) == len(scales) and all(-(2**31) <= z < 2**31 for z in zero_points)
    if not sound or (per_channel and not (0 <= axis < len(shape) and shape[axis] == len(scales))):
        raise ModelFileError(
            f'tensor "{name}" has {len(scales)} scales and {len(zero_points)} zero points, '
            f"which don't match its shape {list(shape)}",
            "The file is probably damaged: convert the model again.",
        )
    return Quantization(scales, zero_points, axis)


def _read_data(
    model: Any, tensor: Any, name: str, shape: tuple[int, ...], dtype: DType
) -> Array | None:
    if not 0 <= tensor.Buffer() < model.BuffersLength():
        raise ValueError(f'tensor "{name}" refers to buffer {tensor.Buffer()}')
    buffer = model.Buffers(tensor.Buffer())
    if buffer.DataLength() == 0:
        return None
    raw = buffer.DataAsNumpy().tobytes()
    expected = math.prod(shape) * dtype.size_bytes
    if len(raw) != expected:
        raise ValueError(f'tensor "{name}" holds {len(raw)} bytes, its shape needs {expected}')
    data = np.frombuffer(raw, dtype.numpy).reshape(shape)
    data.flags.writeable = False
    return data


def _read_nodes(
    model: Any, subgraph: Any, tensors: Sequence[Tensor]
) -> tuple[tuple[Tensor, ...], tuple[Node, ...]]:
    """The tensors with their true shapes, and the operators in the file's order."""
    known, nodes = list(tensors), []
    open_axes = [_open_axes(subgraph.Tensors(i), tensors[i]) for i in range(len(tensors))]
    for index in range(subgraph.OperatorsLength()):
        node = _read_node(model, subgraph.Operators(index), known, index)
        nodes.append(node)
        for tensor, value in zip(node.outputs, known_outputs(node, known, open_axes), strict=True):
            known[tensor] = value
    resolved = (replace(k, data=t.data) for k, t in zip(known, tensors, strict=True))
    return tuple(resolved), tuple(nodes)


def _open_axes(table: Any, tensor: Tensor) -> OpenAxes:
    """The axes whose sizes depend on a batch size that the file leaves open."""
    signature = _vector(table, "ShapeSignature")
    if len(signature) != len(tensor.shape) or tensor.is_constant:
        return frozenset()
    return frozenset(axis for axis, size in enumerate(signature) if size == _OPEN)


def _io(inputs: Sequence[int | None], outputs: Sequence[int], tensors: Sequence[Tensor]) -> NodeIO:
    return NodeIO(
        tuple(None if i is None else tensors[i] for i in inputs),
        tuple(tensors[i] for i in outputs),
    )


def _read_node(model: Any, operator: Any, tensors: Sequence[Tensor], index: int) -> Node:
    name = _operator_name(model, operator)
    inputs = _indices(operator, "Inputs", len(tensors), optional=True)
    outputs = tuple(i for i in _indices(operator, "Outputs", len(tensors)) if i is not None)
    io = _io(inputs, outputs, tensors)
    if not outputs:
        raise ValueError(f"operator {index} has no output")
    label = io.outputs[0].name
    if name not in _OPS_BY_NAME:
        raise UnsupportedModelError(
            f'operator {index} is {name} (output "{label}"), which has no integer kernel here',
            advice(name, sorted(_OPS_BY_NAME)),
        )
    try:
        op = _OPS_BY_NAME[name].read(RawOperator(io, _options(operator)))
    except OpError as error:
        raise UnsupportedModelError(
            f"{describe_node(index, name, label)}: {error}", "Change this layer in the model."
        ) from None
    return Node(op, inputs, outputs, label)


def _operator_name(model: Any, operator: Any) -> str:
    if not 0 <= operator.OpcodeIndex() < model.OperatorCodesLength():
        raise ValueError(f"operator code {operator.OpcodeIndex()} does not exist")
    code = model.OperatorCodes(operator.OpcodeIndex())
    # Old files hold the code in a byte field, new ones in an int32 field: the larger one counts.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    if number == tflite.BuiltinOperator.CUSTOM:
        return f"custom operator {(code.CustomCode() or b'').decode('utf-8', 'replace')}"
    return str(_OPERATOR_NAMES.get(number, f"unknown operator {number}"))


def _options(operator: Any) -> dict[str, Any]:
    kind = _OPTION_NAMES.get(operator.BuiltinOptionsType())
    union = operator.BuiltinOptions()
    if kind is None or kind == "NONE" or union is None:
        return {}
    table = getattr(tflite, kind)()
    table.Init(union.Bytes, union.Pos)
    return fields(table)


def _vector(table: Any, name: str) -> tuple[int, ...]:
    if getattr(table, f"{name}Length")() == 0:
        return ()
    return tuple(getattr(table, f"{name}AsNumpy")().tolist())


def _indices(table: Any, name: str, count: int, optional: bool = False) -> Any:
    indices = _vector(table, name)
    if any(not (0 <= i < count or (optional and i == _ABSENT)) for i in indices):
        raise ValueError(f"{name.lower()} refer to tensors that do not exist")
    return tuple(None if i == _ABSENT else i for i in indices)
