"""Finds the first layer whose output differs on the device.

The device runs the layers one by one on the arena that it has anyway; after each, a CRC of the
layer's output is compared with what the host says. So nothing is kept on the board but the model's
own memory, and one pass through the layers is enough.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tinydeploy import pipeline
from tinydeploy.boards import load_board
from tinydeploy.config import Optimize
from tinydeploy.device.session import Device, open_device
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.frontend.reference import Reference
from tinydeploy.ir.graph import Array, Graph, Tensor
from tinydeploy.pipeline import Built
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import Plan
from tinydeploy.progress import Step, no_step
from tinydeploy.report.wrong_layer import WrongLayer, WrongValue

_HOST = "host"
_SHOWN_VALUES = 8


def find_wrong_layer(
    built: Built,
    loaded: LoadedModel,
    inputs: tuple[Array, ...],
    port: str | None = None,
    step: Step = no_step,
) -> WrongLayer | None:
    """Run one sample layer by layer; None where every layer's output is the host's.

    Raises DeviceError as open_device does.
    """
    plan, board = built.compiled.plan, built.compiled.board
    step("computing every layer on the host", None)
    expected = _expected(loaded, plan, inputs)
    with open_device(board, built.result, port=port) as device:
        device.write_inputs([array.tobytes() for array in inputs])
        for index, layer in enumerate(plan.layers):
            step(f"layer {index} on {board.id}", index / len(plan.layers))
            device.run_layer(index)
            for tensor in layer.node.outputs:
                found = _if_other(device, plan, tensor, expected[tensor])
                if found is not None:
                    return _describe(plan, index, tensor, expected[tensor], found)
    return None


def _if_other(device: Device, plan: Plan, tensor: int, expected: Array) -> Array | None:
    """What the device has in `tensor`, read only where its CRC is not that of `expected`."""
    offset, raw = plan.offsets[tensor], expected.tobytes()
    if device.arena_crc(offset, len(raw)) == zlib.crc32(raw):
        return None
    found = np.frombuffer(device.read_arena(offset, len(raw)), expected.dtype)
    return found.reshape(expected.shape)


def _describe(plan: Plan, index: int, tensor: int, expected: Array, found: Array) -> WrongLayer:
    layer, where = plan.layers[index], plan.graph.tensors[tensor]
    wrong = np.argwhere(~_equal(expected, found))
    shown = [tuple(int(i) for i in position) for position in wrong[:_SHOWN_VALUES]]
    return WrongLayer(
        index=index,
        name=layer.node.name,
        op=layer.node.op.NAME,
        kernel=layer.kernel.name,
        tensor=where.name,
        shape=where.shape,
        wrong_elements=len(wrong),
        elements=expected.size,
        values=tuple(WrongValue(p, expected[p].item(), found[p].item()) for p in shown),
    )


def _equal(a: Array, b: Array) -> Array:
    """Elementwise, bit for bit: a NaN equals itself."""
    size = a.dtype.itemsize
    bits = [np.ascontiguousarray(x).view(np.uint8).reshape(*x.shape, size) for x in (a, b)]
    equal: Array = np.all(bits[0] == bits[1], axis=-1)
    return equal


def _expected(loaded: LoadedModel, plan: Plan, inputs: tuple[Array, ...]) -> Mapping[int, Array]:
    """Every tensor that a layer computes, by its index in the plan's graph.

    The reference interpreter's, where the tensor is one of the model file; what a pass has made
    out of one (channels left out, for instance) comes from the portable C code on this computer.
    """
    with Reference(loaded.tflite) as reference:
        known = reference.run_all_tensors(inputs)
    original: Graph = pipeline.graphs(loaded)[0][1]
    wanted = [tensor for layer in plan.layers for tensor in layer.node.outputs]
    expected = {
        index: known[index]
        for index in wanted
        if index in known and _is_of_the_file(original, index, plan.graph.tensors[index])
    }
    missing = [index for index in wanted if index not in expected]
    return {**expected, **(_from_portable_code(loaded, inputs, missing) if missing else {})}


def _is_of_the_file(original: Graph, index: int, tensor: Tensor) -> bool:
    if index >= len(original.tensors):
        return False
    before = original.tensors[index]
    return (before.name, before.shape, before.dtype, before.quantization) == (
        tensor.name,
        tensor.shape,
        tensor.dtype,
        tensor.quantization,
    )


def _from_portable_code(
    loaded: LoadedModel, inputs: tuple[Array, ...], wanted: list[int]
) -> Mapping[int, Array]:
    compiled = pipeline.compile_model(loaded, load_board(_HOST), Choices(Optimize.SIZE))
    plan = compiled.plan
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        built = pipeline.build(compiled, Path(folder) / "project")
        with open_device(compiled.board, built.result) as device:
            device.write_inputs([array.tobytes() for array in inputs])
            for index, layer in enumerate(plan.layers):
                device.run_layer(index)
                for tensor in layer.node.outputs:
                    if tensor in wanted:
                        found[tensor] = _read(device, plan, tensor)
    return found


def _read(device: Device, plan: Plan, index: int) -> Array:
    tensor = plan.graph.tensors[index]
    raw = device.read_arena(plan.offsets[index], tensor.size_bytes)
    return np.frombuffer(raw, tensor.dtype.numpy).reshape(tensor.shape)
