"""The operators that tinydeploy compiles, one file each."""

from __future__ import annotations

from tinydeploy.ir.op import Op
from tinydeploy.ops.abs import Abs
from tinydeploy.ops.add import Add, Sub
from tinydeploy.ops.arg_max import ArgMax, ArgMin
from tinydeploy.ops.broadcast_to import BroadcastTo
from tinydeploy.ops.concatenation import Concatenation
from tinydeploy.ops.conv_2d import Conv2D
from tinydeploy.ops.depthwise_conv_2d import DepthwiseConv2D
from tinydeploy.ops.dequantize import Dequantize
from tinydeploy.ops.float_function import Exp, Gelu, Logistic, Tanh
from tinydeploy.ops.fully_connected import FullyConnected
from tinydeploy.ops.gather import Gather
from tinydeploy.ops.hard_swish import HardSwish
from tinydeploy.ops.leaky_relu import LeakyRelu
from tinydeploy.ops.minimum_maximum import Maximum, Minimum
from tinydeploy.ops.mirror_pad import MirrorPad
from tinydeploy.ops.mul import Mul
from tinydeploy.ops.neg import Neg
from tinydeploy.ops.pack import Pack, Unpack
from tinydeploy.ops.pad import Pad, PadV2
from tinydeploy.ops.pool_2d import AveragePool2D, MaxPool2D
from tinydeploy.ops.prelu import Prelu
from tinydeploy.ops.quantize import Quantize
from tinydeploy.ops.reduce import Mean, ReduceMax, ReduceMin, Sum
from tinydeploy.ops.reduce_prod import ReduceProd
from tinydeploy.ops.relu import Relu, Relu0To1, Relu6, ReluN1To1
from tinydeploy.ops.reshape import ExpandDims, Reshape, Squeeze
from tinydeploy.ops.resize_bilinear import ResizeBilinear
from tinydeploy.ops.resize_nearest_neighbor import ResizeNearestNeighbor
from tinydeploy.ops.reverse import ReverseV2
from tinydeploy.ops.shape import Shape
from tinydeploy.ops.slice import Slice
from tinydeploy.ops.softmax import Softmax
from tinydeploy.ops.space_batch import BatchToSpaceNd, SpaceToBatchNd
from tinydeploy.ops.space_depth import DepthToSpace, SpaceToDepth
from tinydeploy.ops.split import Split, SplitV
from tinydeploy.ops.strided_slice import StridedSlice
from tinydeploy.ops.tile import Tile
from tinydeploy.ops.transpose import Transpose
from tinydeploy.ops.transpose_conv import TransposeConv

OPS: tuple[type[Op], ...] = (
    Abs,
    Add,
    ArgMax,
    ArgMin,
    AveragePool2D,
    BatchToSpaceNd,
    BroadcastTo,
    Concatenation,
    Conv2D,
    DepthwiseConv2D,
    DepthToSpace,
    Dequantize,
    Exp,
    ExpandDims,
    FullyConnected,
    Gather,
    Gelu,
    HardSwish,
    LeakyRelu,
    Logistic,
    Maximum,
    MaxPool2D,
    Mean,
    Minimum,
    MirrorPad,
    Mul,
    Neg,
    Pack,
    Pad,
    PadV2,
    Prelu,
    Quantize,
    ReduceMax,
    ReduceMin,
    ReduceProd,
    Relu,
    Relu6,
    Relu0To1,
    ReluN1To1,
    Reshape,
    ResizeBilinear,
    ResizeNearestNeighbor,
    ReverseV2,
    Shape,
    Slice,
    Softmax,
    SpaceToBatchNd,
    SpaceToDepth,
    Split,
    SplitV,
    Squeeze,
    StridedSlice,
    Sub,
    Sum,
    Tanh,
    Tile,
    Transpose,
    TransposeConv,
    Unpack,
)
"""Every operator, sorted by its name in the TFLite schema."""
