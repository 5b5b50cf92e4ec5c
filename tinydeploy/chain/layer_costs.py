"""What layers cost on the emulated board, each by itself: are pieces of a layer faster than it?

Fewer MACs need not be: thin kernels do less with each instruction, and how much less depends on the
board. All that is asked about at a time runs side by side as one model.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tinydeploy.boards import Board, load_board
from tinydeploy.chain.measure import run_on_board, to_int8
from tinydeploy.chain.trial import Setting, stages_key
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.judge import Judge, Replaced, content
from tinydeploy.compress.macs import Shape
from tinydeploy.compress.rewrite import Weighted
from tinydeploy.compress.wiring import like
from tinydeploy.config import Optimize
from tinydeploy.errors import DoesNotFitError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Graph
from tinydeploy.report.files import write_json

_SAMPLES = 8
_FOLDER, _KEY = "layers", "instructions"


@dataclass(frozen=True, slots=True)
class Part:
    """Layers one after the other, and the shape of what the first one reads."""

    layers: tuple[Weighted, ...]
    shape: Shape


def board_judge(setting: Setting) -> Judge:
    """Refuses pieces that an emulator of the board computes no faster than their layer.

    What it has counted is kept beside the trials. A board without an emulator refuses none.
    """
    board = load_board(setting.board)
    return _judge_of(setting, board) if board.emulator is not None else content


def _judge_of(setting: Setting, board: Board) -> Judge:
    def judge(replaced: Mapping[str, Replaced]) -> Mapping[str, str]:
        parts = {
            name: (Part((one.before,), one.shapes[0]), Part(one.after, one.shapes[0]))
            for name, one in replaced.items()
            if None not in one.shapes[0][1:]
        }
        costs = _known_costs(setting, board, [part for pair in parts.values() for part in pair])
        pairs = zip(parts, costs[::2], costs[1::2], strict=True)
        return {
            name: f"{after:,.0f} instructions instead of {before:,.0f} on {board.id}"
            for name, before, after in pairs
            if before is not None and after is not None and after >= before
        }

    return judge


def _known_costs(setting: Setting, board: Board, parts: Sequence[Part]) -> list[float | None]:
    """As layer_costs(), from the files where they are known. Equal shapes count as equal."""
    files = [_file(setting, part) for part in parts]
    known = {file: _read(file) for file in files}
    missing = {file: p for file, p in zip(files, parts, strict=True) if known[file] is None}
    counted = layer_costs(list(missing.values()), board, setting.optimize)
    for file, cost in zip(missing, counted, strict=True):
        known[file] = {_KEY: cost}
        write_json(file, {_KEY: cost})
    return [(known[file] or {})[_KEY] for file in files]


def _read(file: Path) -> dict[str, float | None] | None:
    """What was counted; None where it wasn't yet, or can't be read."""
    try:
        return {_KEY: json.loads(file.read_text(encoding="utf-8"))[_KEY]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(setting: Setting, part: Part) -> Path:
    layers = [_nameless(one.layer) for one in part.layers]
    text = json.dumps([stages_key(setting, ()), part.shape, layers], sort_keys=True, default=str)
    return setting.folder / _FOLDER / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"


def _nameless(layer: Any) -> list[Any]:
    return [type(layer).__name__, {**layer.get_config(), "name": ""}]


def layer_costs(parts: Sequence[Part], board: Board, optimize: Optimize) -> list[float | None]:
    """Instructions for one sample of each part. None: it has no room on the board."""
    if not parts:
        return []
    try:
        return list(_side_by_side(parts, board, optimize))
    except DoesNotFitError:
        if len(parts) == 1:
            return [None]
    half = len(parts) // 2
    return [c for some in (parts[:half], parts[half:]) for c in layer_costs(some, board, optimize)]


def _side_by_side(parts: Sequence[Part], board: Board, optimize: Optimize) -> list[float]:
    keras, rng = import_keras(), np.random.default_rng(0)
    inputs = [keras.Input(part.shape[1:]) for part in parts]
    pairs = enumerate(zip(parts, inputs, strict=True))
    outputs = [_apply(part, tensor, f"part_{index}") for index, (part, tensor) in pairs]
    model = keras.Model(inputs, outputs)
    x = tuple(rng.normal(size=(_SAMPLES, *t.shape[1:])).astype(np.float32) for t in inputs)
    data = Dataset(x, np.zeros(_SAMPLES, np.int64))
    loaded = LoadedModel(to_int8(model, data), "layers", "layers")
    built, measured = run_on_board(loaded, data, board, optimize)
    plan = built.compiled.plan
    counts = {
        id(layer.node): count
        for layer, count in zip(plan.layers, measured.layer_counts, strict=True)
    }
    return [
        sum(counts.get(node, 0.0) for node in _nodes_before(plan.graph, output))
        for output in plan.graph.outputs
    ]


def _apply(part: Part, tensor: Any, name: str) -> Any:
    for index, one in enumerate(part.layers):
        layer = like(one.layer, name=f"{name}_{index}")
        tensor = layer(tensor)
        if one.weights:
            layer.set_weights(one.weights)
    return tensor


def _nodes_before(graph: Graph, output: int) -> set[int]:
    """The ids of all nodes that a tensor is computed by."""
    producers, found, left = graph.producers(), set(), [output]
    while left:
        node = producers.get(left.pop())
        if node is not None and id(node) not in found:
            found.add(id(node))
            left += [index for index in node.inputs if index is not None]
    return found
