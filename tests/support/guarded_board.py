"""Runs a model on a board with guard bytes around each of its buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.support.compare import random_inputs, reference_outputs
from tinydeploy.boards import load_board
from tinydeploy.codegen.model import generate_library
from tinydeploy.codegen.project import generate_project
from tinydeploy.config import Optimize
from tinydeploy.device.platformio import build
from tinydeploy.device.session import open_device
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Array, DType, Tensor
from tinydeploy.ir.op import Isa
from tinydeploy.passes import optimize
from tinydeploy.plan.arena import Arena, align
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.lifetimes import storage_of
from tinydeploy.plan.plan import Plan, plan_model

_GUARD_BYTES = 16
_PATTERN = 0xA5


@dataclass(frozen=True, slots=True)
class GuardedRun:
    """What went wrong: offsets outside all buffers that were written, outputs that differ."""

    written_guards: tuple[int, ...]
    wrong_outputs: tuple[str, ...]


def run_guarded_on_board(
    tflite: bytes, board_id: str, folder: Path, kernel: str | None = None
) -> GuardedRun:
    """One inference of random inputs; `kernel` computes what it accepts.

    No two buffers share memory. To the firmware the arena is the model's one input and its one
    output: the host writes all of it, guards included, and reads all of it afterwards.
    """
    board = load_board(board_id)
    graph = optimize(read_tflite(tflite, "test"))
    choices = Choices(Optimize.SPEED, forced=kernel)
    plan, spans = apart(plan_model(graph, Isa(board.isa), choices))
    inputs = random_inputs(tflite, seed=0)
    before = _filled(plan, inputs)
    library = generate_library(_with_arena_as_tensor(plan))
    generate_project(library, board, goal=Optimize.SPEED).write(folder)
    built = build(folder, board)
    with open_device(board, built) as device:
        after = np.frombuffer(device.invoke([before.tobytes()]).outputs[0], np.uint8)
    guards = np.ones(plan.arena_bytes, bool)
    for start, end in spans:
        guards[start:end] = False
    written = np.flatnonzero(guards & (before != after))
    wrong = _wrong_outputs(plan, after, reference_outputs(tflite, inputs))
    return GuardedRun(tuple(written.tolist()), tuple(wrong))


def apart(plan: Plan) -> tuple[Plan, tuple[tuple[int, int], ...]]:
    """The plan with every buffer between guards, and where each buffer starts and ends."""
    spans = []
    end = 0
    for buffer in plan.buffers:
        start = align(end + _GUARD_BYTES)
        end = start + buffer.size_bytes
        spans.append((start, end))
    storage = storage_of(plan.graph, tuple(layer.node for layer in plan.layers))
    start_of = dict(zip(plan.owners, (start for start, _ in spans), strict=False))
    scratch = spans[len(plan.owners) :]
    moved = replace(
        plan,
        offsets={tensor: start_of[owner] for tensor, owner in storage.items()},
        layers=tuple(
            replace(layer, scratch_offset=start)
            for layer, (start, _) in zip(plan.layers, scratch, strict=True)
        ),
        arena=Arena(tuple(start for start, _ in spans), align(end + _GUARD_BYTES)),
    )
    return moved, tuple(spans)


def _with_arena_as_tensor(plan: Plan) -> Plan:
    whole = Tensor("arena", (plan.arena_bytes,), DType.UINT8)
    index = len(plan.graph.tensors)
    graph = replace(
        plan.graph, tensors=(*plan.graph.tensors, whole), inputs=(index,), outputs=(index,)
    )
    return replace(plan, graph=graph, offsets={**plan.offsets, index: 0})


def _filled(plan: Plan, inputs: Sequence[Array]) -> Array:
    arena = np.full(plan.arena_bytes, _PATTERN, np.uint8)
    for index, value in zip(plan.graph.inputs, inputs, strict=True):
        raw = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
        arena[plan.offsets[index] :][: raw.size] = raw
    return arena


def _wrong_outputs(plan: Plan, arena: Array, expected: Sequence[Array]) -> Iterator[str]:
    for index, want in zip(plan.graph.outputs, expected, strict=True):
        if arena[plan.offsets[index] :][: want.nbytes].tobytes() != want.tobytes():
            yield plan.graph.tensors[index].name
