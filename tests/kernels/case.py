"""A single-operator model as a test case."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tests.support.tflite_builder import ModelBuilder


@dataclass(frozen=True, slots=True)
class Case:
    """`add` adds one operator with its own model inputs and outputs; `name` names its output."""

    name: str
    add: Callable[[ModelBuilder], None]


def one_model(cases: Iterable[Case]) -> bytes:
    """A .tflite file that holds all cases side by side, unconnected."""
    builder = ModelBuilder()
    for case in cases:
        case.add(builder)
    return builder.build()


def zero_points() -> tuple[tuple[int, int], ...]:
    """(input, output) zero points: ordinary ones and the corners of int8."""
    return ((0, 0), (-128, -128), (127, 127), (-128, 127), (127, -128), (3, -7))
