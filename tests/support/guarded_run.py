"""Runs a model as a program of its own under the address and undefined behaviour sanitizers."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tinydeploy.codegen.model import generate_library
from tinydeploy.ir.graph import Array
from tinydeploy.plan.plan import Layer, Plan

_FLAGS = (
    "-std=gnu11",
    "-O1",
    "-g",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
    "-fno-omit-frame-pointer",
)
_MAIN = Path(__file__).parent / "guarded_main.c"


def run_guarded(plan: Plan, inputs: Sequence[Array], folder: Path) -> tuple[Array, ...]:
    """The model's outputs. Fails if a layer touches memory other than its own in the arena.

    Its own are its inputs, outputs and scratch, to the byte at their ends; up to four bytes in
    front of a buffer that is not aligned to eight go unnoticed.
    """
    program = _compile(plan, folder)
    arena = np.full(plan.arena_bytes, 0xA5, np.uint8)
    for index, value in zip(plan.graph.inputs, inputs, strict=True):
        raw = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
        arena[plan.offsets[index] :][: raw.size] = raw
    spans = b"".join(_pack(list(_spans(plan, layer))) for layer in plan.layers)
    done = subprocess.run(
        [str(program)],
        input=arena.tobytes() + spans,
        capture_output=True,
        check=False,
        env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"},
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return tuple(_read(plan, index, done.stdout) for index in plan.graph.outputs)


def _compile(plan: Plan, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in generate_library(plan).files.items():
        (folder / name).write_text(text)
    sources = [str(path) for path in sorted(folder.glob("*.c"))]
    program = folder / "guarded"
    command = ["gcc", *_FLAGS, f"-I{folder}", "-o", str(program), str(_MAIN), *sources, "-lm"]
    subprocess.run(command, check=True)
    return program


def _spans(plan: Plan, layer: Layer) -> Iterator[tuple[int, int]]:
    """Offset and size of everything that the layer may touch."""
    for index in (*layer.node.inputs, *layer.node.outputs):
        if index in plan.offsets:
            yield plan.offsets[index], plan.graph.tensors[index].size_bytes
    yield layer.scratch_offset, layer.scratch_bytes


def _pack(spans: Sequence[tuple[int, int]]) -> bytes:
    return struct.pack("=I", len(spans)) + b"".join(struct.pack("=II", *s) for s in spans)


def _read(plan: Plan, index: int, arena: bytes) -> Array:
    tensor = plan.graph.tensors[index]
    raw = arena[plan.offsets[index] :][: tensor.size_bytes]
    return np.frombuffer(raw, tensor.dtype.numpy).reshape(tensor.shape)
