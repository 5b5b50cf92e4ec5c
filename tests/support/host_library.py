"""Runs a generated library in this process: compiled with the host's compiler, called by ctypes."""

from __future__ import annotations

import ctypes
import subprocess
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tinydeploy.codegen.model import Library
from tinydeploy.ir.graph import Array
from tinydeploy.plan.plan import Plan

_ALIGNMENT_BYTES = 16
_FLAGS = ("-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-Wconversion", "-fPIC", "-shared")


class HostLibrary:
    """A library that is loaded into this process."""

    def __init__(self, plan: Plan, library: Library, folder: Path) -> None:
        self._plan = plan
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in library.files.items():
            (folder / name).write_text(text)
        sources = [str(path) for path in sorted(folder.glob("*.c"))]
        shared = folder / "model.so"
        subprocess.run(["gcc", *_FLAGS, "-o", str(shared), *sources, "-lm"], check=True)
        self._invoke = ctypes.CDLL(str(shared)).td_model_invoke
        memory = np.zeros(plan.arena_bytes + _ALIGNMENT_BYTES, np.uint8)
        start = -memory.ctypes.data % _ALIGNMENT_BYTES
        self._arena = memory[start : start + plan.arena_bytes]

    def run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """One inference: an array for each input, an array for each output."""
        graph = self._plan.graph
        self._arena[:] = 0xA5
        for index, value in zip(graph.inputs, inputs, strict=True):
            raw = np.frombuffer(np.ascontiguousarray(value).tobytes(), np.uint8)
            self._arena[self._plan.offsets[index] :][: raw.size] = raw
        self._invoke(ctypes.c_void_p(self._arena.ctypes.data))
        return tuple(self._read(index) for index in graph.outputs)

    def _read(self, index: int) -> Array:
        tensor = self._plan.graph.tensors[index]
        raw = self._arena[self._plan.offsets[index] :][: tensor.size_bytes].tobytes()
        return np.frombuffer(raw, tensor.dtype.numpy).reshape(tensor.shape)
