"""What a technique returns: the new model, and what it did to each layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One layer of the original model. MACs of one sample; weights include the biases.

    `note` says in words what was done, or why the layer was left alone.
    """

    name: str
    changed: bool
    note: str
    macs_before: int
    macs_after: int
    weights_before: int
    weights_after: int


@dataclass(frozen=True, slots=True)
class Compressed:
    """`model` is a new keras.Model, not compiled; `layers` follow the original model's order."""

    model: Any
    layers: tuple[LayerRecord, ...]
