"""Shapes and integers that a model leaves open, or computes itself, and that are known anyway.

With a free batch size the converter writes 1 for every size that depends on it, also where the
true size is a multiple of the batch, and computes new shapes by operators. With a batch of 1 all
of it is known while the file is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tinydeploy.ir.graph import Array, DType, Node, NodeIO, Tensor
from tinydeploy.ir.op import OpError

OpenAxes = frozenset[int]
_MAX_TENSOR_BYTES = 2**31 - 1
_SHAPE_DTYPES = {DType.INT32, DType.INT64}


def known_outputs(
    node: Node, tensors: Sequence[Tensor], open_axes: Sequence[OpenAxes]
) -> tuple[Tensor, ...]:
    """The node's outputs with their true shapes, and with data where they are known integers.

    `tensors` hold what is known before the node; `open_axes` are, for each tensor, the axes
    whose sizes the file leaves open. Nothing is checked here: verify_graph does.
    """
    io = NodeIO(
        tuple(None if i is None else tensors[i] for i in node.inputs),
        tuple(tensors[i] for i in node.outputs),
    )
    try:
        if any(open_axes[i] for i in node.outputs):
            io = _with_shapes(node, io, [open_axes[i] for i in node.outputs])
        values = _values(node, io)
    except OpError:
        return io.outputs
    return tuple(replace(t, data=v) for t, v in zip(io.outputs, values, strict=True))


def _values(node: Node, io: NodeIO) -> tuple[Array | None, ...]:
    unknown = (None,) * len(io.outputs)
    if any(tensor.dtype not in _SHAPE_DTYPES for tensor in io.outputs):
        return unknown
    node.op.check(io)
    return node.op.fold(io) or unknown


def _with_shapes(node: Node, io: NodeIO, open_axes: Sequence[OpenAxes]) -> NodeIO:
    rule = node.op.output_shapes(io)
    outputs = list(io.outputs)
    for index, (output, axes) in enumerate(zip(io.outputs, open_axes, strict=True)):
        shape = output.shape
        if rule is not None:
            shape = rule[index] if index < len(rule) else shape
        elif node.op.IS_VIEW and len(axes) == 1:
            shape = _filled_up(shape, axes, io.input(0).size)
        elif axes:
            shape = tuple(_widest(io, output, a) if a in axes else n for a, n in enumerate(shape))
        outputs[index] = _reshaped(output, shape)
    return NodeIO(io.inputs, tuple(outputs))


def _filled_up(shape: Sequence[int], axes: OpenAxes, size: int) -> tuple[int, ...]:
    rest = math.prod(n for axis, n in enumerate(shape) if axis not in axes)
    return tuple(size // rest if axis in axes else n for axis, n in enumerate(shape))


def _widest(io: NodeIO, output: Tensor, axis: int) -> int:
    """Most operators keep the size of an axis, or broadcast it."""
    alike = [t for t in io.inputs if t and not t.is_constant and len(t.shape) == len(output.shape)]
    return max((t.shape[axis] for t in alike), default=output.shape[axis])


def _reshaped(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    sound = len(shape) == len(tensor.shape) and all(size >= 1 for size in shape)
    small = math.prod(shape) * tensor.dtype.size_bytes <= _MAX_TENSOR_BYTES
    return replace(tensor, shape=tuple(shape)) if sound and small else tensor
