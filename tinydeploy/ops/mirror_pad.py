"""MIRROR_PAD: a border that reflects the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.ir.graph import Array, NodeIO
from tinydeploy.ir.op import RawOperator, require
from tinydeploy.ops.movement import (
    Move,
    Movement,
    movement_kernels,
    require_same_quantization,
    require_same_type,
)
from tinydeploy.ops.pad import check_padded_shape, interior, read_paddings

_REFLECT, _SYMMETRIC = 0, 1


@dataclass(frozen=True, slots=True)
class MirrorPad(Movement):
    """Without the edge element in the reflection (REFLECT), or with it (SYMMETRIC)."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    symmetric: bool

    NAME: ClassVar[str] = "MIRROR_PAD"

    @classmethod
    def read(cls, raw: RawOperator) -> MirrorPad:
        mode = raw.options.get("Mode", _REFLECT)
        require(mode in {_REFLECT, _SYMMETRIC}, f"mode {mode} is unknown")
        return cls(*read_paddings(raw), mode == _SYMMETRIC)

    def check(self, io: NodeIO) -> None:
        require_same_type(io)
        require_same_quantization(io)
        check_padded_shape(io, self.before, self.after)
        edge = 0 if self.symmetric else 1
        for size, *paddings in zip(io.input(0).shape, self.before, self.after, strict=True):
            require(max(paddings) <= size - edge, "a padding is larger than what it reflects")

    def moves(
        self, io: NodeIO, inputs: Sequence[Array], outputs: Sequence[Array]
    ) -> Iterator[Move]:
        output, shape = outputs[0], io.input(0).shape
        yield Move(interior(output, shape, self.before), inputs[0])
        edge = 0 if self.symmetric else 1
        done = list(zip(self.before, shape, strict=True))
        for axis, (low, size) in enumerate(done):
            # Axes before this one are complete, those after it hold the input's part only.
            window = tuple(
                slice(None) if other < axis else slice(start, start + length)
                for other, (start, length) in enumerate(done)
            )
            high, after = low + size, self.after[axis]
            for target, mirrored in (
                ((0, low), (low + edge, low + edge + low)),
                ((high, high + after), (high - edge - after, high - edge)),
            ):
                if target[0] < target[1]:
                    yield _mirror(output, window, axis, target, mirrored)


def _mirror(
    output: Array,
    window: tuple[slice, ...],
    axis: int,
    target: tuple[int, int],
    mirrored: tuple[int, int],
) -> Move:
    def part(span: tuple[int, int]) -> Array:
        box = (*window[:axis], slice(*span), *window[axis + 1 :])
        return output[box]

    backwards = (*(slice(None),) * axis, slice(None, None, -1))
    return Move(part(target), part(mirrored)[backwards], input=None)


MirrorPad.KERNELS = movement_kernels("mirror_pad")
