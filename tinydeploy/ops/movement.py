"""What operators share that only move data: strided copies between NumPy views.

Such an operator says where its data goes once, as pairs of views. On real arrays they compute
a constant's value; on arrays that have a shape but no memory, their strides and offsets become
the parameters of the C kernel.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from tinydeploy.ir.graph import Array, DType, NodeIO, Tensor
from tinydeploy.ir.op import Call, Input, Isa, Kernel, Op, Output, RawOperator, require

MAX_COPY_RANK = 6
"""TD_COPY_RANK in td_copy.h."""
_MAX_FOLDED_BYTES = 2**24
"""A larger constant would fit no microcontroller; its operator stays in the graph."""


@dataclass(frozen=True, slots=True, eq=False)
class Move:
    """One strided copy: `target`, a view of an output, takes the values of `source`.

    `source` is a view of input `input`, or of the same output where `input` is None.
    """

    target: Array
    source: Array
    input: int | None = 0
    output: int = 0


@dataclass(frozen=True, slots=True)
class Movement(Op):
    """An operator whose outputs hold elements of its inputs, and a fill value at most."""

    @abstractmethod
    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterable[Move]:
        """The copies in order, as views of `inputs` and `outputs`; only basic indexing."""

    def fill(self, io: NodeIO) -> int | float | None:
        """The value of every element of output 0 that no move writes."""
        return None

    def sources(self, io: NodeIO) -> tuple[int, ...]:
        """The inputs that hold data, not parameters."""
        return (0,)

    def fold(self, io: NodeIO) -> tuple[Array, ...] | None:
        data = {index: io.input(index) for index in self.sources(io)}
        if not all(tensor.is_constant for tensor in data.values()):
            return None
        if sum(tensor.size_bytes for tensor in io.outputs) > _MAX_FOLDED_BYTES:
            return None
        inputs = [t.constant if i in data and t else _NOTHING for i, t in enumerate(io.inputs)]
        value = self.fill(io)
        outputs = [
            np.full(t.shape, 0 if value is None else value, t.dtype.numpy) for t in io.outputs
        ]
        for move in self.moves(io, inputs, outputs):
            move.target[...] = move.source
        return tuple(outputs)


_NOTHING = np.empty(0)


def lower_movement(op: Movement, io: NodeIO) -> tuple[Call, ...]:
    """The C calls of a movement: a fill where it has one, then its copies."""
    inputs = [_stand_in(t) if t else _NOTHING for t in io.inputs]
    outputs = [_stand_in(tensor) for tensor in io.outputs]
    value = op.fill(io)
    calls = [] if value is None else [_fill_call(io.output, value)]
    for move in op.moves(io, inputs, outputs):
        base = outputs[move.output] if move.input is None else inputs[move.input]
        calls.append(_copy_call(move, base, outputs[move.output]))
    return tuple(calls)


def movement_kernels(name: str) -> tuple[Kernel, ...]:
    """The kernels of a movement."""
    return (Kernel(f"{name}_copy", Isa.GENERIC, lower_movement),)


def _stand_in(tensor: Tensor) -> Array:
    """An array with the tensor's shape and strides whose memory is never touched."""
    one = np.empty(1, tensor.dtype.numpy)
    strides = [tensor.dtype.size_bytes] * len(tensor.shape)
    for axis in reversed(range(len(strides) - 1)):
        strides[axis] = strides[axis + 1] * tensor.shape[axis + 1]
    return np.lib.stride_tricks.as_strided(one, tensor.shape, strides)


def _fill_call(output: Tensor, value: float) -> Call:
    element = np.frombuffer(np.array(value, output.dtype.numpy).tobytes(), np.uint8)
    params = {
        "count": output.size,
        "element_bytes": output.dtype.size_bytes,
        "element": element,
    }
    return Call("td_fill", params, operands=(Output(),))


def _copy_call(move: Move, source_base: Array, target_base: Array) -> Call:
    dims, run_bytes = _collapsed(move)
    padding = [(1, 0, 0)] * (MAX_COPY_RANK - len(dims))
    counts, input_strides, output_strides = zip(*padding, *dims, strict=True)
    params = {
        "counts": counts,
        "input_strides": input_strides,
        "output_strides": output_strides,
        "input_offset": _address(move.source) - _address(source_base),
        "output_offset": _address(move.target) - _address(target_base),
        "run_bytes": run_bytes,
    }
    source = Output(move.output) if move.input is None else Input(move.input)
    return Call("td_copy", params, operands=(source, Output(move.output)))


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])


def _collapsed(move: Move) -> tuple[list[tuple[int, int, int]], int]:
    """Merge dimensions that are contiguous on both sides: [(count, strides in, out)], run bytes."""
    run_bytes = int(move.target.itemsize)
    dims: list[tuple[int, int, int]] = []
    pairs = zip(move.target.shape, move.source.strides, move.target.strides, strict=True)
    for count, source, target in reversed(list(pairs)):
        inner = dims[0] if dims else None
        if count == 1:
            continue
        if inner is None and source == target == run_bytes:
            run_bytes *= count
        elif inner and source == inner[0] * inner[1] and target == inner[0] * inner[2]:
            dims[0] = (inner[0] * count, inner[1], inner[2])
        else:
            dims.insert(0, (count, source, target))
    return dims, run_bytes


def require_same_type(io: NodeIO, sources: Iterable[int] = (0,)) -> None:
    """Require that data inputs and all outputs have one element type."""
    dtype = io.output.dtype
    tensors = (*(io.input(i) for i in sources), *io.outputs)
    require(all(t.dtype is dtype for t in tensors), "inputs and outputs differ in type")


def require_same_quantization(io: NodeIO, sources: Iterable[int] = (0,)) -> None:
    """Require one scale and zero point: the reference refuses to rescale here."""
    affine = [t.quantization for t in (*(io.input(i) for i in sources), *io.outputs)]
    same = all(quantization == affine[0] for quantization in affine)
    require(same, "inputs and outputs differ in scale or zero point")


def require_shape(tensor: Tensor, shape: Sequence[int]) -> None:
    """Require the shape that the operator's rule gives."""
    require(
        tensor.shape == tuple(shape),
        f"the output's shape is {list(tensor.shape)}, not {list(shape)}",
    )


def constant_integers(raw: RawOperator, index: int, what: str) -> tuple[int, ...]:
    """The values of parameter input `index`. Raises OpError unless they are known integers."""
    tensor = raw.io.input(index)
    require(tensor.dtype in {DType.INT32, DType.INT64}, f"the {what} is not int32 or int64")
    require(tensor.is_constant, f"the {what} is not a constant")
    return tuple(int(value) for value in tensor.constant.reshape(-1))


def normalize_axis(axis: int, rank: int) -> int:
    """`axis` counted from the front. Raises OpError when it is out of range."""
    require(-rank <= axis < rank, f"axis {axis} is out of range for {rank} dimensions")
    return axis % rank


def axis_slice(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    """The index of elements `start` to `stop` - 1 along `axis`."""
    return (*(slice(None),) * axis, slice(start, stop))
