"""Operators that only move data, on constants: computed on the host, as the reference does."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.support.compare import mismatches
from tests.support.tflite_builder import ModelBuilder
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ops import OPS
from tinydeploy.ops.movement import Movement
from tinydeploy.passes import optimize

MOVEMENTS = sorted(op.NAME for op in OPS if issubclass(op, Movement))


class ConstantBuilder(ModelBuilder):
    """A builder whose operators read constants where they would read inputs of the model."""

    def __init__(self) -> None:
        super().__init__()
        self._rng = np.random.default_rng(1)
        source = super().input((1, 4), scale=1.0, name="looked at by nobody")
        self.operator("SQUEEZE", [source], [self.output((4,), scale=1.0)])

    def input(self, shape: Sequence[int], **kwargs: Any) -> int:
        return self.tensor(shape, data=self._rng.integers(0, 100, shape), **kwargs)


@pytest.mark.parametrize("operator", MOVEMENTS)
def test_folded_value_is_the_reference_value(operator: str, tmp_path: Path) -> None:
    module = importlib.import_module(f"tests.kernels.cases.{operator.lower()}")
    builder = ConstantBuilder()
    for case in module.cases():
        case.add(builder)
    model = builder.build()
    graph = optimize(read_tflite(model, "constants"))
    assert {node.op.NAME for node in graph.nodes} == {"COPY", "SQUEEZE"}
    assert mismatches(model, tmp_path, samples=1) == []
