"""Structured pruning: whole channels go, in all layers that they run through."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from tinydeploy.compress.channel_importance import revived
from tinydeploy.compress.coupled_channels import DEPTHWISE, PRODUCING, Coupling, couple_channels
from tinydeploy.compress.record import Compressed
from tinydeploy.compress.rewrite import Call, Weighted, rewrite
from tinydeploy.compress.size import MACS, WEIGHTS, Size
from tinydeploy.compress.survey import record_cuts, weighted_layers
from tinydeploy.errors import UsageError
from tinydeploy.ir.graph import Array

_HALVINGS = 30
_WIDE = 4
"""In narrower layers so few multiples would be too coarse."""


class Importance(Protocol):
    """channel_importance.py has two."""

    def scores(self, coupling: Coupling) -> Array:
        """Return the importance of each group of channels, (groups,), 0 or more."""


@dataclass(frozen=True, slots=True)
class KeepShare:
    """Each space of coupled channels keeps `share` (0 to 1] of them, rounded up."""

    share: float

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UsageError(f"{self.share} is not a share of channels", "Choose above 0, up to 1.")

    def kept(self, coupling: Coupling, scores: Array) -> Array:
        return _keep_best(coupling, scores, _counts(coupling, self.share))


@dataclass(frozen=True, slots=True)
class KeepMacs:
    """The whole model gets `factor` times fewer MACs, or a little more than that.

    Wide layers keep a multiple of `multiple` channels, as fast kernels take several at a time.
    """

    factor: float
    multiple: int = 1
    size: ClassVar[Size] = MACS

    def __post_init__(self) -> None:
        if not self.factor > 1:
            raise UsageError(
                f"{self.factor} times fewer {self.size.name} is no compression",
                "Choose a factor above 1.",
            )

    def kept(self, coupling: Coupling, scores: Array) -> Array:
        before = self.size.of_calls(coupling.traced.calls)

        def size(counts: Sequence[int]) -> int:
            return _size(coupling, _keep_best(coupling, scores, counts), self.size)

        least = size(_counts(coupling, 0, self.multiple))
        if least * self.factor > before:
            raise UsageError(
                f"the model can't have {self.factor:g} times fewer {self.size.name} by pruning "
                f"channels: at the most it has {before / least:.2f} times fewer",
                "Choose a smaller factor.",
            )
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            fits = size(_counts(coupling, middle, self.multiple)) * self.factor <= before
            low, high = (middle, high) if fits else (low, middle)
        chosen = _counts(coupling, low, self.multiple)
        # Equal layers step together, which can leave much of the budget: one step more, where one
        # layer alone can have it.
        more = _counts(coupling, high, self.multiple)
        for index, count in enumerate(more):
            larger = [*chosen[:index], count, *chosen[index + 1 :]]
            chosen = larger if size(larger) * self.factor <= before else chosen
        return _keep_best(coupling, scores, chosen)


@dataclass(frozen=True, slots=True)
class KeepWeights(KeepMacs):
    """As KeepMacs, but of bytes of weights as int8."""

    size: ClassVar[Size] = WEIGHTS


@dataclass(frozen=True, slots=True)
class KeepNonzero:
    """Only channels with a score of 0 go, but for one in each space: the model stays the same.

    With Norm these are always 0 before their activation. Where something behind makes another
    number of 0 (a sigmoid, a bias of a depthwise convolution), they stay.
    """

    def kept(self, coupling: Coupling, scores: Array) -> Array:
        one_of_each = _keep_best(coupling, scores, _counts(coupling, 0))
        return (scores > 0) | revived(coupling) | one_of_each | ~_competing(coupling)


KeepRule = KeepShare | KeepMacs | KeepWeights | KeepNonzero


def prune_channels(
    model: Any, importance: Importance, rule: KeepRule, skip: Collection[str] = ()
) -> Compressed:
    """Return a keras.Model without the channels that matter least.

    Layers that add, concatenate, flatten or pass on what another makes are cut with it. Inputs,
    outputs and channels whose way can't be followed (a reshape, a grouped convolution) stay, and
    so do the outputs of layers named in `skip`. The MACs decide, not the number of channels.

    Raises UsageError for a name in `skip` that is no layer with weights or a factor out of reach,
    and what rewrite() and layer_macs() raise.
    """
    traced = rewrite(model)
    layers = weighted_layers(traced, skip)
    coupling = couple_channels(traced, skip)
    keep = rule.kept(coupling, importance.scores(coupling))
    chains: dict[str, tuple[Weighted]] = {}
    notes = dict.fromkeys(layers, "all channels kept")
    for call in traced.calls:
        name, masks = call.layer.name, _masks(coupling, keep, call)
        if name in chains or masks is None or all(mask.all() for mask in masks):
            continue
        part = _cut(call, *masks)
        if part is None:
            continue
        chains[name] = (part,)
        notes[name] = ", ".join(
            f"{mask.sum()} of {len(mask)} {side} channels"
            for mask, side in zip(masks, ("input", "output"), strict=True)
        )
    pruned = rewrite(traced.model, chains)
    return Compressed(pruned.model, record_cuts(traced, pruned, layers, notes))


def _competing(coupling: Coupling) -> Array:
    """Which groups are in a space: the others must stay."""
    found = np.zeros(coupling.group_count, bool)
    for space in coupling.spaces:
        found[space] = True
    return found


def _counts(coupling: Coupling, share: float, multiple: int = 1) -> list[int]:
    """How many groups of each space a share is: at least one, rounded up."""
    counts = []
    for space in coupling.spaces:
        # Rounding must not add a channel.
        count = max(math.ceil(share * len(space) - 1e-9), 1)
        is_wide = len(space) >= _WIDE * multiple
        counts.append(min(-(-count // multiple) * multiple, len(space)) if is_wide else count)
    return counts


def _keep_best(coupling: Coupling, scores: Array, counts: Sequence[int]) -> Array:
    """Return which groups stay: in each space the best `count`; of equals, the first.

    A layer keeps one of its own in any case: several may share a space.
    """
    keep = ~_competing(coupling)
    for space, count in zip(coupling.spaces, counts, strict=True):
        keep[space[np.argsort(-scores[space], kind="stable")[:count]]] = True
    for call in coupling.traced.calls:
        made = coupling.of[id(call.outputs[0])] if len(call.outputs) == 1 else ()
        if len(made) and not keep[made].any():
            keep[made[np.argmax(scores[made])]] = True
    return keep


def _masks(coupling: Coupling, keep: Array, call: Call) -> tuple[Array, Array] | None:
    """Which input and output channels of a call stay; None for a call of another form."""
    if not call.inputs or len(call.outputs) != 1:
        return None
    read, made = (keep[coupling.of[id(x)]] for x in (call.inputs[0], call.outputs[0]))
    return read, made


def _size(coupling: Coupling, keep: Array, size: Size) -> int:
    """The size of the model with these groups alone, without making it."""
    sizes: dict[tuple[str, int], int] = {}
    for number, call in enumerate(coupling.traced.calls):
        masks = _masks(coupling, keep, call)
        if masks is None:
            continue
        whole, kind = size.of_layer(call.layer, call.inputs[0].shape), type(call.layer).__name__
        read, made = (float(mask.mean()) for mask in masks)
        of_channels = size.of_channels(len(masks[1])) if whole else 0
        if kind in (*PRODUCING, *DEPTHWISE):
            of_kernel = (whole - of_channels) * made * (read if kind in PRODUCING else 1)
            whole = round(of_kernel + of_channels * made)
        sizes[call.layer.name, number if size.counts_each_call else 0] = whole
    return sum(sizes.values())


def _cut(call: Call, read: Array, made: Array) -> Weighted | None:
    """Return the layer with fewer channels; None for a layer whose weights don't depend on them."""
    layer, kind = call.layer, type(call.layer).__name__
    weights: Sequence[Array] = getattr(layer, "get_weights", list)()
    settings: Mapping[str, int] = {}
    if kind in PRODUCING:
        kernel, *bias = weights
        weights = [kernel[..., read, :][..., made], *(b[made] for b in bias)]
        settings = {"units" if kind == "Dense" else "filters": int(made.sum())}
    elif kind in DEPTHWISE:
        kernel, *bias = weights
        weights = [kernel[..., read, :], *(b[made] for b in bias)]
    elif weights:
        # Batch normalization and PReLU: channels last, or one number for all of them.
        weights = [w[..., made] if w.shape[-1:] == made.shape else w for w in weights]
    else:
        return None
    new = type(layer).from_config({**layer.get_config(), **settings})
    return Weighted(new, tuple(weights))
