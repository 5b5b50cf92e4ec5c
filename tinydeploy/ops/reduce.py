"""MEAN, SUM, REDUCE_MAX and REDUCE_MIN over any dimensions."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from tinydeploy.ir.fixed_point import quantize_multiplier, wrap_int32
from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel, Op, RawOperator, require
from tinydeploy.ops.movement import constant_integers, normalize_axis, require_shape
from tinydeploy.ops.requantize import LARGEST_FACTOR, require_activations

_REDUCE_RANK = 3
"""Array length in the kernels: at most 6 dimensions, alternately kept and reduced."""
_MAX_ELEMENTS = 2**24 - 1
"""More int8 values could overflow an int32 sum."""
_MAX_INT16_ELEMENTS = 2**16 - 1
_SIGNED, _UNSIGNED = (-128, 127), (0, 255)
_SUM_LIMITS = _UNSIGNED
"""How SUM reads and clamps bytes. The reference kernel (up to LiteRT 2.3 and TensorFlow 2.21) takes
int8 for uint8 in SUM, unlike in MEAN and unlike its optimized kernel; _SIGNED is what it means."""

_R = TypeVar("_R", bound="_Reduce")
_Dims = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class _Reduce(Op):
    """`axes` count from the front, each at most once."""

    axes: frozenset[int]
    keep_dims: bool = False

    ACCEPTS_INT16: ClassVar[bool] = False

    @classmethod
    def read(cls: type[_R], raw: RawOperator) -> _R:
        rank = len(raw.io.input(0).shape)
        axes = constant_integers(raw, 1, "list of axes")
        return cls(
            axes=frozenset(normalize_axis(axis, rank) for axis in axes),
            keep_dims=bool(raw.options.get("KeepDims", False)),
        )

    def check(self, io: NodeIO) -> None:
        source, output = io.input(0), io.output
        wide = source.dtype is DType.INT16
        require(self.ACCEPTS_INT16 or not wide, "the input is int16; it has a kernel for int8 only")
        require_activations(io)
        require(all(axis < len(source.shape) for axis in self.axes), "an axis is out of range")
        kept = [1 if axis in self.axes else n for axis, n in enumerate(source.shape)]
        if not self.keep_dims:
            kept = [n for axis, n in enumerate(source.shape) if axis not in self.axes]
        require_shape(output, kept)
        most = _MAX_INT16_ELEMENTS if wide else _MAX_ELEMENTS
        require(self.count(io) <= most, f"it reduces more than {most} values")

    def count(self, io: NodeIO) -> int:
        """How many input values make one output value."""
        return math.prod(io.input(0).shape[axis] for axis in self.axes)


@dataclass(frozen=True, slots=True)
class _Sum(_Reduce):
    """What MEAN and SUM share: a sum, rescaled."""

    def check(self, io: NodeIO) -> None:
        _Reduce.check(self, io)
        factor = io.input(0).scale / io.output.scale
        require(factor < LARGEST_FACTOR, f"input and output scales differ {factor:.3g} times")


@dataclass(frozen=True, slots=True)
class Mean(_Sum):
    """The mean of the reduced values, in the output's scale."""

    NAME: ClassVar[str] = "MEAN"
    ACCEPTS_INT16: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Sum(_Sum):
    """The sum of the reduced values, in the output's scale."""

    NAME: ClassVar[str] = "SUM"


@dataclass(frozen=True, slots=True)
class _Extreme(_Reduce):
    def check(self, io: NodeIO) -> None:
        _Reduce.check(self, io)
        same = io.input(0).quantization == io.output.quantization
        require(same, "input and output differ in scale or zero point")


@dataclass(frozen=True, slots=True)
class ReduceMax(_Extreme):
    """The largest of the reduced values."""

    NAME: ClassVar[str] = "REDUCE_MAX"


@dataclass(frozen=True, slots=True)
class ReduceMin(_Extreme):
    """The smallest of the reduced values."""

    NAME: ClassVar[str] = "REDUCE_MIN"


def _split(shape: tuple[int, ...], axes: frozenset[int]) -> tuple[_Dims, _Dims]:
    """(size, stride) of the kept and of the reduced dimensions, neighbours of a kind merged."""
    merged: list[tuple[bool, int, int]] = []
    for axis, length in enumerate(shape):
        if length == 1:
            continue
        is_reduced = axis in axes
        joined = merged.pop()[1] if merged and merged[-1][0] == is_reduced else 1
        merged.append((is_reduced, joined * length, math.prod(shape[axis + 1 :])))
    kept = [(size, stride) for is_reduced, size, stride in merged if not is_reduced]
    reduced = [(size, stride) for is_reduced, size, stride in merged if is_reduced]
    return _padded(kept), _padded(reduced)


def _padded(dims: _Dims) -> _Dims:
    return [(1, 0)] * (_REDUCE_RANK - len(dims)) + dims


def _geometry(op: _Reduce, io: NodeIO) -> dict[str, tuple[int, ...]]:
    kept, reduced = _split(io.input(0).shape, op.axes)
    return {
        "kept": tuple(size for size, _ in kept),
        "kept_strides": tuple(stride for _, stride in kept),
        "reduced": tuple(size for size, _ in reduced),
        "reduced_strides": tuple(stride for _, stride in reduced),
    }


def _sum_call(
    op: _Sum, io: NodeIO, multiplier: int, shift: int, limits: tuple[int, int]
) -> tuple[Call, ...]:
    params = {
        **_geometry(op, io),
        "mask": -1 if limits == _SIGNED else 255,
        # The zero points of all addends together.
        "offset": wrap_int32(-io.input(0).zero_point * op.count(io)),
        "multiplier": multiplier,
        "shift": shift,
        "output_zero_point": io.output.zero_point,
        "output_minimum": limits[0],
        "output_maximum": limits[1],
    }
    return (Call("td_reduce_sum_s8", params),)


def _lower_sum(op: Sum, io: NodeIO) -> tuple[Call, ...]:
    multiplier, shift = quantize_multiplier(io.input(0).scale / io.output.scale)
    return _sum_call(op, io, multiplier, shift, _SUM_LIMITS)


def _mean_factor(op: Mean, io: NodeIO) -> tuple[int, int]:
    """Multiplier and shift of a sum."""
    multiplier, shift = quantize_multiplier(io.input(0).scale / io.output.scale)
    # The division by the count goes into the multiplier, which keeps as many bits as fit.
    gain = min(op.count(io).bit_length() - 1, 31 + shift)
    return (multiplier << gain) // op.count(io), shift - gain


def _lower_mean(op: Mean, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT8:
        return None
    return _sum_call(op, io, *_mean_factor(op, io), _SIGNED)


def _lower_mean_s16(op: Mean, io: NodeIO) -> tuple[Call, ...] | None:
    if io.input(0).dtype is not DType.INT16:
        return None
    multiplier, shift = _mean_factor(op, io)
    params = {**_geometry(op, io), "multiplier": multiplier, "shift": shift}
    return (Call("td_reduce_sum_s16", params),)


def _lower_max(op: ReduceMax, io: NodeIO) -> tuple[Call, ...]:
    return (Call("td_reduce_max_s8", {**_geometry(op, io), "sign": 1}),)


def _lower_min(op: ReduceMin, io: NodeIO) -> tuple[Call, ...]:
    return (Call("td_reduce_max_s8", {**_geometry(op, io), "sign": -1}),)


Mean.KERNELS = (
    Kernel("mean_generic", Isa.GENERIC, _lower_mean),
    Kernel("mean_s16_generic", Isa.GENERIC, _lower_mean_s16),
)
Sum.KERNELS = (Kernel("sum_generic", Isa.GENERIC, _lower_sum),)
ReduceMax.KERNELS = (Kernel("reduce_max_generic", Isa.GENERIC, _lower_max),)
ReduceMin.KERNELS = (Kernel("reduce_min_generic", Isa.GENERIC, _lower_min),)
