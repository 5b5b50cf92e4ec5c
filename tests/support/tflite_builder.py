"""Writes small .tflite files, operator by operator, with any quantization parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from tinydeploy.ir.graph import Array

_TYPES = {
    "int8": schema.TensorType.INT8,
    "uint8": schema.TensorType.UINT8,
    "int16": schema.TensorType.INT16,
    "int32": schema.TensorType.INT32,
    "int64": schema.TensorType.INT64,
    "float32": schema.TensorType.FLOAT32,
    "float16": schema.TensorType.FLOAT16,
    "bool": schema.TensorType.BOOL,
}
# The interpreter knows some operators from a later version of the schema on.
_VERSIONS = {schema.BuiltinOperator.BROADCAST_TO: 2}


class ModelBuilder:
    """Collects tensors and operators; `build` returns the file's bytes.

    One file may hold many unconnected operators: every tensor made by `input` and every operator
    output named in `output` becomes an input or output of the model.
    """

    def __init__(self) -> None:
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]
        self._operators: list[Any] = []
        self._codes: list[int] = []
        self._inputs: list[int] = []
        self._outputs: list[int] = []

    def tensor(
        self,
        shape: Sequence[int],
        dtype: str = "int8",
        scale: float | Sequence[float] | Array | None = None,
        zero_point: int | Sequence[int] = 0,
        axis: int = 0,
        data: Any = None,
        name: str | None = None,
    ) -> int:
        """Add a tensor (constant when `data` is given); returns its index."""
        tensor = schema.TensorT()
        tensor.name = (name or f"t{len(self._tensors)}").encode()
        tensor.shape = list(shape)
        tensor.type = _TYPES[dtype]
        tensor.buffer = 0
        if scale is not None:
            tensor.quantization = _quantization(scale, zero_point, axis)
        if data is not None:
            buffer = schema.BufferT()
            array = np.asarray(data, dtype).reshape(tuple(shape))
            buffer.data = np.frombuffer(array.tobytes(), np.uint8)
            tensor.buffer = len(self._buffers)
            self._buffers.append(buffer)
        self._tensors.append(tensor)
        return len(self._tensors) - 1

    def input(self, shape: Sequence[int], **kwargs: Any) -> int:
        """Add a tensor that is an input of the model."""
        index = self.tensor(shape, **kwargs)
        self._inputs.append(index)
        return index

    def output(self, shape: Sequence[int], **kwargs: Any) -> int:
        """Add a tensor that is an output of the model."""
        index = self.tensor(shape, **kwargs)
        self._outputs.append(index)
        return index

    def repeat_output(self, index: int) -> None:
        """Make any tensor an output of the model, once more if it is one already."""
        self._outputs.append(index)

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        options: str | None = None,
        **fields: Any,
    ) -> None:
        """Add operator `name` with the option table `options` (e.g. "Conv2DOptions")."""
        number = getattr(schema.BuiltinOperator, name)
        if number not in self._codes:
            self._codes.append(number)
        operator = schema.OperatorT()
        operator.opcodeIndex = self._codes.index(number)
        operator.inputs, operator.outputs = list(inputs), list(outputs)
        if options:
            table = getattr(schema, f"{options}T")()
            for field, value in fields.items():
                if not hasattr(table, field):
                    raise AttributeError(f"{options} has no field {field}")
                setattr(table, field, value)
            operator.builtinOptions = table
            operator.builtinOptionsType = getattr(schema.BuiltinOptions, options)
        self._operators.append(operator)

    def build(self) -> bytes:
        """The .tflite file."""
        subgraph = schema.SubGraphT()
        subgraph.name = b"main"
        subgraph.tensors, subgraph.operators = self._tensors, self._operators
        subgraph.inputs, subgraph.outputs = self._inputs, self._outputs
        model = schema.ModelT()
        model.version = 3
        model.description = b"test"
        model.operatorCodes = [_code(number) for number in self._codes]
        model.subgraphs, model.buffers = [subgraph], self._buffers
        builder = flatbuffers.Builder(1024)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())


def _quantization(
    scale: float | Sequence[float] | Array, zero_point: int | Sequence[int], axis: int
) -> Any:
    quantization = schema.QuantizationParametersT()
    scales = list(np.atleast_1d(np.asarray(scale, np.float32)))
    points = list(np.atleast_1d(np.asarray(zero_point, np.int64)))
    quantization.scale = scales
    quantization.zeroPoint = points * len(scales) if len(points) == 1 else points
    quantization.quantizedDimension = axis
    return quantization


def _code(number: int) -> Any:
    code = schema.OperatorCodeT()
    code.builtinCode = number
    code.deprecatedBuiltinCode = min(number, 127)
    code.version = _VERSIONS.get(number, 1)
    return code
