"""Finds the channels that can be scaled where they are made if those who read them undo it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tinydeploy.compress.rewrite import Call, Rewritten
from tinydeploy.compress.wiring import WEIGHTED, activation_name, call_counts, made_channels

# f(s x) = s f(x) for any s > 0.
_HOMOGENEOUS = ("linear", "relu", "leaky_relu")
_ADDING = ("Add", "Subtract")
_PASSING = (
    *_ADDING,
    *("AveragePooling1D", "AveragePooling2D", "Cropping1D", "Cropping2D", "Flatten"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D"),
    *("GlobalMaxPooling2D", "LeakyReLU", "MaxPooling1D", "MaxPooling2D"),
    *("UpSampling1D", "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D"),
)


@dataclass(frozen=True, slots=True)
class ScalableChannels:
    """`count` channels, the layers that make them, and all those that read them."""

    count: int
    makers: tuple[Any, ...]
    readers: tuple[Any, ...]


@dataclass
class _Tensors:
    """Tensors that must be scaled alike, and what makes and reads them."""

    ids: set[int] = field(default_factory=set)
    makers: dict[str, Any] = field(default_factory=dict)
    readers: dict[str, Any] = field(default_factory=dict)
    is_fixed: bool = False


def scalable_channels(traced: Rewritten) -> tuple[ScalableChannels, ...]:
    """The sets of channels of a model without batch normalizations, in its order."""
    counts = call_counts(traced)
    sets = [_Tensors({id(x)}, is_fixed=True) for x in (*traced.model.inputs, *traced.model.outputs)]
    for call in traced.calls:
        layer = call.layer
        if _is_plain(layer) and counts[layer.name] == 1:
            read = _joined(sets, call.inputs)
            read.readers[layer.name] = layer
            made = _joined(sets, call.outputs)
            made.makers[layer.name] = layer
            made.is_fixed |= activation_name(layer) not in _HOMOGENEOUS
        else:
            joined = _joined(sets, (*call.inputs, *call.outputs))
            # A layer that is called twice would scale the tensors of both calls.
            joined.is_fixed |= not _lets_factors_through(call)
    known = (_scalable(one) for one in sets if not one.is_fixed and one.makers and one.readers)
    return tuple(one for one in known if one is not None)


def _joined(sets: list[_Tensors], tensors: Iterable[Any]) -> _Tensors:
    """Make one set, in place, of all those that one of the tensors is in."""
    ids = {id(x) for x in tensors}
    joined = _Tensors(ids)
    for one in [one for one in sets if one.ids & ids]:
        joined.ids |= one.ids
        joined.makers |= one.makers
        joined.readers |= one.readers
        joined.is_fixed |= one.is_fixed
        sets.remove(one)
    sets.append(joined)
    return joined


def _scalable(tensors: _Tensors) -> ScalableChannels | None:
    """None where layers don't make equally many: what is added behind a Flatten, or broadcast."""
    counts = {made_channels(layer) for layer in tensors.makers.values()}
    count = min(counts)
    is_read = all(_read(layer) % count == 0 for layer in tensors.readers.values())
    if len(counts) != 1 or not is_read:
        return None
    return ScalableChannels(count, tuple(tensors.makers.values()), tuple(tensors.readers.values()))


def _is_plain(layer: Any) -> bool:
    is_known = type(layer).__name__ in WEIGHTED and getattr(layer, "groups", 1) == 1
    return is_known and getattr(layer, "data_format", "channels_last") == "channels_last"


def _lets_factors_through(call: Call) -> bool:
    layer, kind = call.layer, type(call.layer).__name__
    if kind == "ReLU":
        return layer.max_value is None and not layer.threshold
    if kind == "Activation":
        return activation_name(layer) in _HOMOGENEOUS
    if kind in _ADDING and len(call.inputs) < 2:
        return False  # the other operand is a constant, which no factor reaches
    data_format = getattr(layer, "data_format", "channels_last")
    is_whole = len({x.shape[-1] for x in call.inputs}) == 1  # nothing is broadcast
    return kind in _PASSING and data_format == "channels_last" and is_whole


def _read(layer: Any) -> int:
    return int(layer.get_weights()[0].shape[-2])
