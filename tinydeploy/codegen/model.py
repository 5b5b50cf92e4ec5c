"""The generated C library: model.h, model.c, weights.c and the kernels that the model needs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.codegen.constants import ConstantPool, c_number
from tinydeploy.codegen.jinja import render
from tinydeploy.codegen.names import comment_text, identifier
from tinydeploy.codegen.sources import (
    common_files,
    kernel_files,
    routine_symbol,
    specialized_file,
)
from tinydeploy.errors import InternalError
from tinydeploy.ir.graph import Tensor
from tinydeploy.ir.op import Call, Input, Operand, Output, Routine, Scratch
from tinydeploy.plan.plan import Layer, Plan

_DIGEST_CHARACTERS = 32
_WORD_BYTES = 4


@dataclass(frozen=True, slots=True)
class Library:
    """A C library as a value. File names are relative to the library's folder."""

    name: str
    files: Mapping[str, str]
    digest: str
    """Hexadecimal; identifies graph, weights and code together."""
    arena_bytes: int
    weights_bytes: int
    """Predicted flash of weights, biases, tables and parameters."""


def generate_library(plan: Plan, pointer_bytes: int = 4) -> Library:
    """Write the C library of `plan`. The same plan always gives the same text.

    `pointer_bytes` only serves to predict sizes.
    """
    name = identifier(plan.graph.name)
    pool = ConstantPool()
    calls = [call for layer in plan.layers for call in layer.calls]
    layers = [_layer_view(plan, layer, index, pool) for index, layer in enumerate(plan.layers)]
    routines = [routine for call in calls for routine in call.routines]
    units: tuple[Call | Routine, ...] = (*calls, *routines)
    functions = sorted({unit.function for unit in units})
    files = {**dict(common_files()), **dict(kernel_files(units)), **dict(_specialized(plan))}
    view = {**_interface(plan), "name": name, "title": comment_text(plan.graph.name)}
    view |= {"tables": pool.tables(), "layers": layers, "functions": functions}
    view["routines"] = sorted({(routine_symbol(r), r.function) for r in routines if r.defines})
    for path in ("weights.h", "weights.c", "model.c"):
        files[path] = render(f"library/{path}.j2", **view)
    digest = _digest({**files, "model.h": render("library/model.h.j2", digest="", **view)})
    files["model.h"] = render("library/model.h.j2", digest=digest, **view)
    return Library(
        name=name,
        files=dict(sorted(files.items())),
        digest=digest,
        arena_bytes=plan.arena_bytes,
        weights_bytes=_weights_bytes(pool, calls, pointer_bytes),
    )


def _digest(files: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        digest.update(f"{path}\0{len(text)}\0{text}".encode())
    return digest.hexdigest()[:_DIGEST_CHARACTERS]


def _specialized(plan: Plan) -> Iterator[tuple[str, str]]:
    """Translation units for the calls and routines that have preprocessor constants."""
    for index, layer in enumerate(plan.layers):
        for number, call in enumerate(layer.calls):
            if call.defines:
                name = _specialized_name(index, number)
                yield specialized_file(call.function, name, call.defines)
            for routine in call.routines:
                if routine.defines:
                    yield specialized_file(
                        routine.function, routine_symbol(routine), routine.defines
                    )


def _specialized_name(layer: int, call: int) -> str:
    return f"td_layer_{layer}_{call}"


def _layer_view(plan: Plan, layer: Layer, index: int, pool: ConstantPool) -> dict[str, Any]:
    """What the template shows of one layer."""
    io = plan.graph.io(layer.node)
    return {
        "index": index,
        "function": f"td_layer_{index}_{layer.node.op.NAME.lower()}",
        "operator": layer.node.op.NAME,
        "name": comment_text(layer.node.name),
        "shapes": f"{_shape(io.inputs[0])} -> {_shape(io.output)}",
        "macs": layer.macs,
        "calls": [
            {
                "function": _specialized_name(index, number) if call.defines else call.function,
                "kernel": call.function,
                "is_specialized": bool(call.defines),
                "params": [(field, _value(v, pool)) for field, v in call.params.items()],
                "pointers": [_pointer(plan, layer, call, o, pool) for o in call.operands],
            }
            for number, call in enumerate(layer.calls)
        ],
    }


def _shape(tensor: Tensor | None) -> str:
    return "x".join(map(str, tensor.shape)) or "scalar" if tensor else "none"


def _value(value: Any, pool: ConstantPool) -> str:
    """The initialiser of one field of a parameter struct."""
    if isinstance(value, np.ndarray):
        return pool.symbol(value)
    if isinstance(value, Routine):
        return routine_symbol(value)
    if isinstance(value, tuple):
        return "{" + ", ".join(c_number(v) for v in value) + "}"
    return c_number(value)


def _pointer(
    plan: Plan, layer: Layer, call: Call, operand: Operand, pool: ConstantPool
) -> dict[str, Any]:
    """What an operand points to: an offset in the arena, or the symbol of a constant."""
    if isinstance(operand, Scratch):
        return {"offset": layer.scratch_offset}
    node = layer.node
    is_input = isinstance(operand, Input)
    index = node.inputs[operand.index] if is_input else node.outputs[operand.index]
    if index is None:
        raise InternalError(f"{call.function} reads an absent input")
    data = plan.graph.tensors[index].data
    if data is not None and isinstance(operand, Output):
        raise InternalError(f"{call.function} writes to a constant")
    return {"symbol": pool.symbol(data)} if data is not None else {"offset": plan.offsets[index]}


def _weights_bytes(pool: ConstantPool, calls: Iterable[Call], pointer_bytes: int) -> int:
    """Flash of all tables and parameter structs, as the compiler lays them out."""
    sizes = [table.size_bytes for table in pool.tables()]
    sizes += [_params_bytes(call.params, pointer_bytes) for call in calls]
    if pointer_bytes <= _WORD_BYTES:
        return sum(sizes)
    # GCC for 64-bit computers starts objects at multiples of their size, up to 32.
    return sum(-(-size // width) * width for size in sizes for width in [_alignment(size)])


def _alignment(size_bytes: int) -> int:
    return next(width for width in (32, 16, 8, 4, 2, 1) if width <= max(size_bytes, 1))


def _params_bytes(params: Mapping[str, Any], pointer_bytes: int) -> int:
    """Size of a parameter struct as C lays it out: pointers, and fields of 4 bytes."""
    size, widest = 0, _WORD_BYTES
    for value in params.values():
        is_pointer = isinstance(value, np.ndarray | Routine)
        width = pointer_bytes if is_pointer else _WORD_BYTES
        size = -(-size // width) * width + width * (len(value) if isinstance(value, tuple) else 1)
        widest = max(widest, width)
    return -(-size // widest) * widest


def _interface(plan: Plan) -> dict[str, Any]:
    return {
        "arena_bytes": plan.arena_bytes,
        "inputs": [_io_view(plan, index) for index in plan.graph.inputs],
        "outputs": [_io_view(plan, index) for index in plan.graph.outputs],
    }


def _io_view(plan: Plan, index: int) -> dict[str, Any]:
    tensor = plan.graph.tensors[index]
    affine = tensor.quantization is not None and not tensor.quantization.per_channel
    return {
        "name": comment_text(tensor.name),
        "type": tensor.dtype.c_type,
        "offset": plan.offsets[index],
        "bytes": tensor.size_bytes,
        "shape": tensor.shape,
        "scale": c_number(tensor.scale) if affine else None,
        "zero_point": tensor.zero_point if affine else None,
    }
