"""Trains batch normalization with TensorFlow's fused operator.

Keras 3 composes it of a dozen operators on the CPU, which more than doubles the time of an epoch.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from tinydeploy.frontend.tensorflow_env import import_keras, import_tensorflow

_IMAGE_RANK = 4


@contextlib.contextmanager
def fused_batch_norm() -> Iterator[None]:
    """Until the block ends, every BatchNormalization of images trains by the fused operator."""
    tf, layer = import_tensorflow(), import_keras().layers.BatchNormalization
    composed = layer.call

    def call(self: Any, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        is_last = self.axis in (-1, _IMAGE_RANK - 1)
        if not (training and self.trainable and inputs.shape.rank == _IMAGE_RANK and is_last):
            return composed(self, inputs, training=training, mask=mask)
        channels = inputs.shape[-1]
        outputs, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=self.gamma.value if self.scale else tf.ones(channels),
            offset=self.beta.value if self.center else tf.zeros(channels),
            mean=tf.zeros(0),
            variance=tf.zeros(0),
            epsilon=self.epsilon,
            is_training=True,
        )
        keep = self.momentum
        self.moving_mean.assign(self.moving_mean * keep + mean * (1 - keep))
        self.moving_variance.assign(self.moving_variance * keep + variance * (1 - keep))
        return outputs

    layer.call = call
    try:
        yield
    finally:
        layer.call = composed
