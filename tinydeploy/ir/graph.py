"""The model as a value: tensors, and nodes that compute tensors from tensors.

A `Graph` is what every stage after the reader works on. Nothing here is mutable:
a pass returns a new graph.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from tinydeploy.errors import InternalError
from tinydeploy.ir.op import OpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tinydeploy.ir.op import Op

Array = npt.NDArray[Any]


class DType(Enum):
    """Element types that can appear in a graph; the value is NumPy's name for it."""

    INT8 = "int8"
    UINT8 = "uint8"
    INT16 = "int16"
    INT32 = "int32"
    INT64 = "int64"
    FLOAT32 = "float32"
    BOOL = "bool"

    @property
    def numpy(self) -> np.dtype[Any]:
        return np.dtype(self.value)

    @property
    def size_bytes(self) -> int:
        return self.numpy.itemsize

    @property
    def c_type(self) -> str:
        return _C_TYPES[self]


_C_TYPES = {
    DType.INT8: "int8_t",
    DType.UINT8: "uint8_t",
    DType.INT16: "int16_t",
    DType.INT32: "int32_t",
    DType.INT64: "int64_t",
    DType.FLOAT32: "float",
    DType.BOOL: "uint8_t",
}


@dataclass(frozen=True, slots=True)
class Quantization:
    """Affine quantization: real = scale * (quantized - zero_point).

    One scale for the whole tensor, or one per index of dimension `axis`.
    Scales are float32 values, as the model file stores them.
    """

    scales: tuple[float, ...]
    zero_points: tuple[int, ...]
    axis: int = 0

    @property
    def per_channel(self) -> bool:
        return len(self.scales) > 1

    @property
    def scale(self) -> float:
        if self.per_channel:
            raise InternalError("a per-channel tensor has no single scale")
        return self.scales[0]

    @property
    def zero_point(self) -> int:
        if self.per_channel:
            raise InternalError("a per-channel tensor has no single zero point")
        return self.zero_points[0]


@dataclass(frozen=True, slots=True, eq=False)
class Tensor:
    """One value in the graph; `data` is set when it is a constant."""

    name: str
    shape: tuple[int, ...]
    dtype: DType
    quantization: Quantization | None = None
    data: Array | None = None

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        return self.size * self.dtype.size_bytes

    @property
    def is_constant(self) -> bool:
        return self.data is not None

    @property
    def scale(self) -> float:
        return self._affine().scale

    @property
    def zero_point(self) -> int:
        return self._affine().zero_point

    @property
    def constant(self) -> Array:
        """The data of a constant tensor."""
        if self.data is None:
            raise InternalError(f'tensor "{self.name}" is not a constant')
        return self.data

    def _affine(self) -> Quantization:
        if self.quantization is None:
            raise InternalError(f'tensor "{self.name}" has no quantization parameters')
        return self.quantization


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operator: tensor indices in, tensor indices out. An absent optional input is None."""

    op: Op
    inputs: tuple[int | None, ...]
    outputs: tuple[int, ...]
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class NodeIO:
    """The tensors at a node's inputs and outputs."""

    inputs: tuple[Tensor | None, ...]
    outputs: tuple[Tensor, ...]

    def input(self, index: int) -> Tensor:
        """Input `index`. Raises OpError where the model leaves it out."""
        tensor = self.inputs[index] if index < len(self.inputs) else None
        if tensor is None:
            raise OpError(f"input {index} is missing")
        return tensor

    def optional(self, index: int) -> Tensor | None:
        return self.inputs[index] if index < len(self.inputs) else None

    @property
    def output(self) -> Tensor:
        return self.outputs[0]


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """A model: nodes in an order in which they can be executed."""

    name: str
    tensors: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    def io(self, node: Node) -> NodeIO:
        return NodeIO(
            tuple(None if i is None else self.tensors[i] for i in node.inputs),
            tuple(self.tensors[i] for i in node.outputs),
        )

    def producers(self) -> dict[int, Node]:
        """Map each computed tensor to the node that computes it."""
        return {tensor: node for node in self.nodes for tensor in node.outputs}

    def consumers(self) -> dict[int, tuple[Node, ...]]:
        """Map each tensor to the nodes that read it."""
        readers: dict[int, list[Node]] = {i: [] for i in range(len(self.tensors))}
        for node in self.nodes:
            for tensor in dict.fromkeys(i for i in node.inputs if i is not None):
                readers[tensor].append(node)
        return {tensor: tuple(nodes) for tensor, nodes in readers.items()}

    def with_nodes(self, nodes: Iterator[Node] | tuple[Node, ...]) -> Graph:
        return replace(self, nodes=tuple(nodes))

    def with_tensor(self, index: int, tensor: Tensor) -> Graph:
        tensors = (*self.tensors[:index], tensor, *self.tensors[index + 1 :])
        return replace(self, tensors=tensors)

    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(node.op.macs(self.io(node)) for node in self.nodes)
