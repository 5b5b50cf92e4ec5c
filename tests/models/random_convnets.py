"""Random Keras models that are mostly convolutions, residuals and dense layers on images."""

from __future__ import annotations

from typing import Any

from tests.models import random_keras as steps
from tests.models.random_keras import Maker


class ConvnetMaker(Maker):
    """Every other layer is one that compression works on; the rest is anything."""

    def _input(self, index: int) -> Any:
        if self.chance(0.2):
            return super()._input(index)
        shape = (self.integer(5, 12), self.integer(5, 12), self.integer(1, 6))
        return self.keras.Input(shape, name=f"input{index}")

    def _step(self, pool: list[Any], x: Any) -> Any:
        if self.chance(0.5):
            return super()._step(pool, x)
        if len(x.shape) == 4:
            kinds = (steps.conv2d, steps.conv_block, steps.depthwise2d, residual, fire)
        else:
            kinds = (steps.conv1d,) if len(x.shape) == 3 else (steps.dense, dense_block)
        return self.pick(kinds)(self, x)


def residual(make: Maker, x: Any) -> Any:
    """Two convolutions, and their input added to what they make."""
    y = steps.conv_block(make, x)
    y = make.layers.Conv2D(x.shape[-1], make.pick((1, 3)), padding="same")(y)
    y = make.layers.BatchNormalization()(y) if make.chance(0.5) else y
    return make.layers.ReLU()(make.layers.Add()([x, y]))


def fire(make: Maker, x: Any) -> Any:
    """Two convolutions side by side."""
    sides = [
        make.layers.Conv2D(make.integer(2, 6), size, padding="same", activation="relu")(x)
        for size in (1, 3)
    ]
    return make.layers.Concatenate()(sides)


def dense_block(make: Maker, x: Any) -> Any:
    x = make.layers.Dense(make.integer(4, 16), use_bias=False)(x)
    return make.layers.ReLU()(make.layers.BatchNormalization()(x))
