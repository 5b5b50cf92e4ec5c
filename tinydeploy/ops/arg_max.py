"""ARG_MAX and ARG_MIN: where along one dimension the largest or smallest value is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.movement import constant_integers, normalize_axis, require_shape

_OUTPUT_TYPES = {2: DType.INT32, 4: DType.INT64}
"""By their number in the schema (TensorType)."""

_A = TypeVar("_A", bound="_ArgExtreme")


@dataclass(frozen=True, slots=True)
class _ArgExtreme(Op):
    """Of equal values the first counts. `axis` counts from the front."""

    axis: int
    output_type: DType = DType.INT64

    @classmethod
    def read(cls: type[_A], raw: RawOperator) -> _A:
        axes = constant_integers(raw, 1, "axis")
        require(len(axes) == 1, f"it needs one axis, not {len(axes)}")
        number = raw.options.get("OutputType", 0)
        require(number in _OUTPUT_TYPES, f"the output type {number} is neither int32 nor int64")
        axis = normalize_axis(axes[0], len(raw.io.input(0).shape))
        return cls(axis, _OUTPUT_TYPES[number])

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        kind = source.dtype
        require(kind in {DType.INT8, DType.UINT8}, f"the input is {kind.value}, not int8 or uint8")
        require(output.dtype is self.output_type, f"the output is not {self.output_type.value}")
        require(self.axis < len(source.shape), f"axis {self.axis} is out of range")
        require_shape(output, source.shape[: self.axis] + source.shape[self.axis + 1 :])


@dataclass(frozen=True, slots=True)
class ArgMax(_ArgExtreme):
    """The index of the largest value."""

    NAME: ClassVar[str] = "ARG_MAX"


@dataclass(frozen=True, slots=True)
class ArgMin(_ArgExtreme):
    """The index of the smallest value."""

    NAME: ClassVar[str] = "ARG_MIN"


def _lower(op: _ArgExtreme, io: NodeIO) -> tuple[Call, ...]:
    source = io.input(0)
    # Flipping the sign bit makes int8 sort like uint8; flipping all bits reverses the order.
    flip = (0x80 if source.dtype is DType.INT8 else 0) ^ (0xFF if isinstance(op, ArgMin) else 0)
    params = {
        "outer": math.prod(source.shape[: op.axis]),
        "length": source.shape[op.axis],
        "inner": math.prod(source.shape[op.axis + 1 :]),
        "flip": flip,
        "index_bytes": op.output_type.size_bytes,
    }
    return (Call("td_arg_max_u8", params),)


ArgMax.KERNELS = (Kernel("arg_max_generic", Isa.GENERIC, _lower),)
ArgMin.KERNELS = (Kernel("arg_min_generic", Isa.GENERIC, _lower),)
