"""What a factor counts: MACs of one inference, or bytes of weights as int8."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tinydeploy.compress.macs import Shape, channels_bytes, layer_macs, layer_weights_bytes
from tinydeploy.compress.rewrite import Call, Weighted, rewrite

Of = Literal["macs", "weights"]


@dataclass(frozen=True, slots=True)
class Size:
    """`of_layer(layer, shape)` works on unbuilt layers too; `shape` is that of the input.

    `of_channels(count)` is the part of it that each output channel has, whatever the kernel.
    Each call of a shared layer costs its MACs again, but not its weights.
    """

    name: str
    of_layer: Callable[[Any, Shape], int]
    of_channels: Callable[[int], int]
    counts_each_call: bool

    def of_calls(self, calls: Sequence[Call]) -> int:
        """The size of all these calls. Errors: see layer_macs()."""
        sized = [
            (c.layer.name, self.of_layer(c.layer, c.inputs[0].shape)) for c in calls if c.inputs
        ]
        return (
            sum(size for _, size in sized) if self.counts_each_call else sum(dict(sized).values())
        )

    def of_chain(self, chain: Sequence[Weighted], shapes: Sequence[Shape]) -> int:
        """The size of layers in a row that are called on inputs of `shapes`."""
        total = 0
        for shape in shapes if self.counts_each_call else shapes[:1]:
            for part in chain:
                total += self.of_layer(part.layer, shape)
                shape = part.layer.compute_output_shape(shape)  # noqa: PLW2901 - the next input's
        return total


MACS = Size("MACs", layer_macs, lambda _: 0, counts_each_call=True)
WEIGHTS = Size("bytes of weights", layer_weights_bytes, channels_bytes, counts_each_call=False)
SIZES: dict[Of, Size] = {"macs": MACS, "weights": WEIGHTS}


def model_macs(model: Any) -> int:
    """Return the MACs of a keras.Model for one sample. Errors: see rewrite() and layer_macs()."""
    return MACS.of_calls(rewrite(model).calls)
