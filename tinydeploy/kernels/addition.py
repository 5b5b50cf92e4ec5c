"""The fast kernels of ADD and SUB: the same ones, with another sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tinydeploy.ir.graph import DType, NodeIO
from tinydeploy.ir.op import Call, Isa, Kernel
from tinydeploy.kernels import add_dsp, add_generic_fast, add_mve
from tinydeploy.ops.activation import Activation
from tinydeploy.ops.add import Add, addition_scaling

Lower = Callable[[NodeIO, Activation, Mapping[str, int]], tuple[Call, ...] | None]


def addition_kernels(name: str) -> tuple[Kernel, ...]:
    """Kernels whose names start with `name`, fastest first."""
    return (
        Kernel(f"{name}_affine_mve", Isa.MVE, _scaled(add_mve.lower_affine)),
        Kernel(f"{name}_mve", Isa.MVE, _scaled(add_mve.lower_general)),
        Kernel(f"{name}_dsp", Isa.DSP, _scaled(add_dsp.lower)),
        Kernel(f"{name}_generic_fast", Isa.GENERIC, _scaled(add_generic_fast.lower)),
        Kernel(f"{name}_generic_flat", Isa.GENERIC, _scaled(add_generic_fast.lower_flat)),
    )


def _scaled(lower: Lower) -> Callable[[Add, NodeIO], tuple[Call, ...] | None]:
    def lower_node(op: Add, io: NodeIO) -> tuple[Call, ...] | None:
        if io.output.dtype is not DType.INT8:
            return None
        return lower(io, op.activation, addition_scaling(io, op.SIGN))

    return lower_node
