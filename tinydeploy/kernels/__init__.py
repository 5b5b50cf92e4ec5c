"""The fast kernels, one file each: an operator itself only knows its short portable one."""

from __future__ import annotations

from tinydeploy.ir.op import Kernel, Op
from tinydeploy.kernels import (
    conv_2d_1x1_dsp,
    conv_2d_1x1_mve,
    conv_2d_1x1_small_mve,
    conv_2d_columns_mve,
    conv_2d_dsp,
    conv_2d_generic_fast,
    conv_2d_rows_mve,
    depthwise_conv_2d_3x3_dsp,
    depthwise_conv_2d_generic_fast,
    depthwise_conv_2d_mve,
    fully_connected_dsp,
    fully_connected_generic_fast,
    fully_connected_mve,
)
from tinydeploy.kernels.addition import addition_kernels
from tinydeploy.ops.add import Add, Sub
from tinydeploy.ops.conv_2d import Conv2D
from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D
from tinydeploy.ops.fully_connected import FullyConnected

FAST: dict[type[Op], tuple[Kernel, ...]] = {
    Add: addition_kernels("add"),
    Conv2D: (
        conv_2d_1x1_small_mve.KERNEL,
        conv_2d_1x1_mve.KERNEL,
        conv_2d_columns_mve.KERNEL,
        conv_2d_rows_mve.KERNEL,
        *conv_2d_1x1_dsp.KERNELS,
        *conv_2d_dsp.KERNELS,
        conv_2d_generic_fast.KERNEL,
    ),
    DepthwiseConv2D: (
        *depthwise_conv_2d_mve.KERNELS,
        *depthwise_conv_2d_3x3_dsp.KERNELS,
        *conv_2d_dsp.DEPTHWISE_KERNELS,
        depthwise_conv_2d_generic_fast.KERNEL,
    ),
    FullyConnected: (
        fully_connected_mve.KERNEL,
        *fully_connected_dsp.KERNELS,
        fully_connected_generic_fast.KERNEL,
    ),
    Sub: addition_kernels("sub"),
}
"""Fastest first for each operator; each accepts only some nodes."""


def kernels_of(op: type[Op]) -> tuple[Kernel, ...]:
    """Every kernel of an operator, fastest first; its own accept every legal node."""
    return (*FAST.get(op, ()), *op.KERNELS)
