"""Which channels of a model must be removed together.

Each tensor's channels (its last axis) carry group numbers. A convolution or dense layer makes new
groups; layers in between pass them on; an addition unites the groups that it adds. What can't be
followed, a reshape for instance, makes its channels fixed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinydeploy.compress.rewrite import Call, Rewritten
from tinydeploy.ir.graph import Array

PASSING = (
    *("Activation", "ActivityRegularization", "AlphaDropout", "AveragePooling1D"),
    *("AveragePooling2D", "BatchNormalization", "Cropping1D", "Cropping2D", "Dropout", "ELU"),
    *("GaussianDropout", "GaussianNoise", "GlobalAveragePooling1D", "GlobalAveragePooling2D"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "Identity", "LeakyReLU", "MaxPooling1D"),
    *("MaxPooling2D", "PReLU", "ReLU", "SpatialDropout1D", "SpatialDropout2D", "UpSampling1D"),
    *("UpSampling2D", "ZeroPadding1D", "ZeroPadding2D"),
)
MERGING = ("Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract")
PRODUCING = ("Conv1D", "Conv2D", "Dense")
DEPTHWISE = ("DepthwiseConv1D", "DepthwiseConv2D")
_ACROSS_CHANNELS = ("softmax", "log_softmax", "sparsemax", "glu")


@dataclass(frozen=True, slots=True)
class Coupling:
    """Groups of channels, numbered from 0.

    `of` gives the group of each channel of a tensor, by its id(). `spaces` are arrays of groups
    that compete with one another: those that the same layers make. Fixed groups are in none.
    """

    traced: Rewritten
    of: dict[int, Array]
    group_count: int
    spaces: tuple[Array, ...]


def couple_channels(traced: Rewritten, fixed: Collection[str] = ()) -> Coupling:
    """Return the groups of a model; the layers named in `fixed` keep all output channels."""
    tracing = _Tracing()
    for x in traced.model.inputs:
        tracing.of[id(x)] = tracing.fresh(x, fixed=True)
    for call in traced.calls:
        made = tracing.follow(call)
        for x, numbers in zip(call.outputs, made, strict=True):
            tracing.of[id(x)] = numbers
        if call.layer.name in fixed:
            tracing.fix(call.outputs)
    tracing.fix(traced.model.outputs)
    return tracing.coupling(traced)


@dataclass
class _Tracing:
    of: dict[int, Array] = field(default_factory=dict)
    parents: list[int] = field(default_factory=list)
    fixed: set[int] = field(default_factory=set)
    seen: dict[str, tuple[Array, Array]] = field(default_factory=dict)

    def fresh(self, x: Any, *, fixed: bool = False) -> Array:
        start = len(self.parents)
        # A tensor without a channel axis, or of unknown size, has nothing to follow.
        count = (x.shape[-1] or 0) if len(x.shape) > 1 else 0
        self.parents.extend(range(start, start + count))
        numbers = np.arange(start, start + count)
        if fixed:
            self.fixed.update(numbers.tolist())
        return numbers

    def fix(self, tensors: Sequence[Any]) -> None:
        for x in tensors:
            self.fixed.update(self.of[id(x)].tolist())

    def root(self, number: int) -> int:
        while self.parents[number] != number:
            self.parents[number] = self.parents[self.parents[number]]
            number = self.parents[number]
        return number

    def unite(self, first: Array, second: Array) -> Array:
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            self.parents[self.root(a)] = self.root(b)
        return first

    def follow(self, call: Call) -> list[Array]:
        """Return the groups of the call's outputs."""
        made = self._made(call)
        if made is None:
            self.fix(call.inputs)
            return [self.fresh(x, fixed=True) for x in call.outputs]
        if _mixes_channels(call.layer):
            self.fixed.update(made.tolist())
        read = self.of[id(call.inputs[0])]
        if call.layer.name in self.seen:
            # Its weights are shared, and so are their channels.
            for before, now in zip(self.seen[call.layer.name], (read, made), strict=True):
                if len(before) == len(now):
                    self.unite(before, now)
        self.seen[call.layer.name] = (read, made)
        return [made]

    def _made(self, call: Call) -> Array | None:
        """How the output's channels follow from the inputs'; None where nobody knows."""
        kind = type(call.layer).__name__
        if kind not in _RULES or not _is_plain(call):
            return None
        return _RULES[kind](self, call)

    def produce(self, call: Call) -> Array | None:
        return self.fresh(call.outputs[0]) if getattr(call.layer, "groups", 1) == 1 else None

    def repeat(self, call: Call) -> Array:
        return np.repeat(self.of[id(call.inputs[0])], call.layer.depth_multiplier)

    def pass_on(self, call: Call) -> Array:
        return self.of[id(call.inputs[0])]

    def flatten(self, call: Call) -> Array:
        read = self.of[id(call.inputs[0])]
        return np.tile(read, (call.outputs[0].shape[-1] or 0) // max(len(read), 1))

    def merge(self, call: Call) -> Array | None:
        # Shapes that differ are broadcast, and an array may have a value for each channel.
        is_alike = len({tuple(x.shape) for x in call.inputs}) == 1
        has_array = any(np.size(constant) > 1 for constant in call.constants)
        return self._unite_inputs(call) if is_alike and not has_array else None

    def concatenate(self, call: Call) -> Array:
        if call.layer.axis in (-1, len(call.inputs[0].shape) - 1):
            return np.concatenate([self.of[id(x)] for x in call.inputs])
        return self._unite_inputs(call)

    def _unite_inputs(self, call: Call) -> Array:
        first, *others = (self.of[id(x)] for x in call.inputs)
        for other in others:
            self.unite(first, other)
        return first

    def coupling(self, traced: Rewritten) -> Coupling:
        fixed_roots = {self.root(number) for number in self.fixed}
        roots = np.array([self.root(number) for number in range(len(self.parents))], int)
        kept, numbers = np.unique(roots, return_inverse=True)
        of = {key: numbers[value] for key, value in self.of.items()}
        free = np.array([root not in fixed_roots for root in kept.tolist()], bool)
        spaces = _Tracing(parents=list(range(len(kept))))
        for call in traced.calls:
            if type(call.layer).__name__ in PRODUCING:
                groups = of[id(call.outputs[0])]
                spaces.unite(groups[:-1], groups[1:])
        space_of = np.array([spaces.root(group) for group in range(len(kept))], int)
        members = [np.flatnonzero((space_of == s) & free) for s in np.unique(space_of)]
        return Coupling(traced, of, len(kept), tuple(m for m in members if len(m)))


_RULES: dict[str, Callable[[_Tracing, Call], Array | None]] = {
    **dict.fromkeys(PRODUCING, _Tracing.produce),
    **dict.fromkeys(DEPTHWISE, _Tracing.repeat),
    **dict.fromkeys(PASSING, _Tracing.pass_on),
    **dict.fromkeys(MERGING, _Tracing.merge),
    "Concatenate": _Tracing.concatenate,
    "Flatten": _Tracing.flatten,
}


def _is_plain(call: Call) -> bool:
    """Whether channels come last, and a normalization is one of channels."""
    if not call.inputs or len(call.outputs) != 1 or len(call.inputs[0].shape) < 2:
        return False
    last = len(call.inputs[0].shape) - 1
    normalizes_channels = getattr(call.layer, "axis", -1) in (-1, last)
    if type(call.layer).__name__ == "BatchNormalization" and not normalizes_channels:
        return False
    return getattr(call.layer, "data_format", "channels_last") == "channels_last"


def _mixes_channels(layer: Any) -> bool:
    """Whether its activation makes each output depend on all channels."""
    return getattr(getattr(layer, "activation", None), "__name__", "") in _ACROSS_CHANNELS
