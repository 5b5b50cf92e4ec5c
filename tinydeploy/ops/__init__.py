"""The operators that tinydeploy compiles, one file each."""

from __future__ import annotations

from tinydeploy.ir.op import Op
from tinydeploy.ops.conv_2d import Conv2D
from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D
from tinydeploy.ops.fully_connected import FullyConnected
from tinydeploy.ops.pool_2d import AveragePool2D, MaxPool2D
from tinydeploy.ops.reshape import ExpandDims, Reshape, Squeeze
from tinydeploy.ops.softmax import Softmax

OPS: tuple[type[Op], ...] = (
    AveragePool2D,
    Conv2D,
    DepthwiseConv2D,
    ExpandDims,
    FullyConnected,
    MaxPool2D,
    Reshape,
    Softmax,
    Squeeze,
)
"""Every operator, sorted by its name in the TFLite schema."""
