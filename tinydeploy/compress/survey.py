"""What techniques that replace single layers ask of a model, and tell of what they did."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tinydeploy.compress.macs import Shape, layer_macs
from tinydeploy.compress.record import LayerRecord
from tinydeploy.compress.rewrite import Rewritten, Weighted
from tinydeploy.compress.size import MACS
from tinydeploy.errors import UsageError, did_you_mean

_KINDS = ("Conv", "Dense", "Depthwise")


def weighted_layers(traced: Rewritten, skip: Collection[str] = ()) -> dict[str, Any]:
    """Return all convolutions and dense layers by name, in the order of their calls.

    Raises UsageError where a name in `skip` is none of them.
    """
    found = {c.layer.name: c.layer for c in traced.calls}
    layers = {n: layer for n, layer in found.items() if type(layer).__name__.startswith(_KINDS)}
    for name in skip:
        if name not in layers:
            raise UsageError(f'no layer to skip is called "{name}"', did_you_mean(name, layers))
    return layers


def shapes_of(traced: Rewritten, name: str) -> list[Shape]:
    """Return the input shape of each call of a layer."""
    return [call.inputs[0].shape for call in traced.calls if call.layer.name == name]


def record_chains(
    traced: Rewritten,
    layers: Mapping[str, Any],
    notes: Mapping[str, str],
    chains: Mapping[str, Sequence[Weighted]],
) -> tuple[LayerRecord, ...]:
    """Return a record for each of `layers`, of which `chains` replaced some."""
    return tuple(
        _record(layer, notes[name], shapes_of(traced, name), chains.get(name))
        for name, layer in layers.items()
    )


def record_cuts(
    before: Rewritten, after: Rewritten, layers: Mapping[str, Any], notes: Mapping[str, str]
) -> tuple[LayerRecord, ...]:
    """Return a record for each of `layers`, which kept their names from one model to the other."""
    records = []
    for name, old in layers.items():
        new = next(call.layer for call in after.calls if call.layer.name == name)
        macs = [
            sum(layer_macs(layer, shape) for shape in shapes_of(traced, name))
            for layer, traced in ((old, before), (new, after))
        ]
        weights = [int(layer.count_params()) for layer in (old, new)]
        records.append(LayerRecord(name, weights[0] != weights[1], notes[name], *macs, *weights))
    return tuple(records)


def _record(
    layer: Any, note: str, shapes: Sequence[Shape], chain: Sequence[Weighted] | None
) -> LayerRecord:
    before = [Weighted(layer, tuple(layer.get_weights()))]
    after = before if chain is None else chain
    macs = [MACS.of_chain(parts, shapes) for parts in (before, after)]
    weights = [sum(w.size for part in parts for w in part.weights) for parts in (before, after)]
    return LayerRecord(layer.name, chain is not None, note, *macs, *weights)
