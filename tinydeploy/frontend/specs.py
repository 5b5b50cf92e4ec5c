"""What a model takes and gives: names, shapes, types and quantization of its inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from typing import Any

ANY_SIZE = -1


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """One input or output of a model.

    `shape` includes the batch dimension, which is 1. A dimension may be ANY_SIZE in a Keras model
    that leaves it open, never in a .tflite. `scale` is 0.0 for a tensor that isn't quantized;
    otherwise real = (integer - zero_point) * scale.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str
    scale: float = 0.0
    zero_point: int = 0

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """The shape of one sample: without the batch dimension."""
        return self.shape[1:]

    @property
    def sample_size(self) -> int:
        """Elements in one sample; meaningless while a dimension is ANY_SIZE."""
        return prod(self.sample_shape)

    @property
    def is_quantized(self) -> bool:
        return self.scale != 0.0

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_json(fields: Mapping[str, Any]) -> TensorSpec:
        return TensorSpec(
            name=str(fields["name"]),
            shape=tuple(int(d) for d in fields["shape"]),
            dtype=str(fields["dtype"]),
            scale=float(fields["scale"]),
            zero_point=int(fields["zero_point"]),
        )
