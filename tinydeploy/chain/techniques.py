"""The techniques by the names that users give them; most make a model smaller by a factor."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tinydeploy.compress.channel_importance import Norm
from tinydeploy.compress.correct_bias import correct_bias
from tinydeploy.compress.depthwise import separate_convolutions
from tinydeploy.compress.equalize import equalize
from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.judge import Judge, content
from tinydeploy.compress.low_rank import METHODS
from tinydeploy.compress.low_rank.factorization import Factorization
from tinydeploy.compress.low_rank.factorize import factorize
from tinydeploy.compress.low_rank.ranks import Balanced
from tinydeploy.compress.prune_channels import KeepMacs, KeepWeights, prune_channels
from tinydeploy.compress.prune_weights import prune_weights
from tinydeploy.compress.quantization_aware import quantization_aware
from tinydeploy.compress.record import Compressed
from tinydeploy.compress.size import MACS, WEIGHTS, Of, Size
from tinydeploy.compress.wiring import WEIGHTED
from tinydeploy.errors import UsageError, did_you_mean
from tinydeploy.ir.graph import Array


@dataclass(frozen=True, slots=True)
class Given:
    """What a technique may look at: real inputs, and what the board says of pieces of layers."""

    samples: Sequence[Array]
    judge: Judge = content


Apply = Callable[[Any, float, Given], Compressed]

QAT = "qat"

_CHANNELS_AT_A_TIME = 4
"""Of the fast kernels: other numbers of channels cost nearly as much as the next multiple."""


def _any_layer(_layer: Any) -> bool:
    return True


def _weighted_layer(layer: Any) -> bool:
    return type(layer).__name__ in WEIGHTED


@dataclass(frozen=True, slots=True)
class Technique:
    """`apply(model, factor, given)` gives a keras.Model with `factor` times fewer MACs.

    `apply_to_weights`, where there is one, aims at bytes of weights instead; `takes(layer)` says
    which layers can get smaller. What is `gradual` loses less in several rounds.

    What `keeps_size` is there for the accuracy of int8, or for the record: no gain is asked of it.
    What isn't trained after would lose by it what it has done; what `comes_last`, by any other.
    """

    name: str
    meaning: str
    apply: Apply
    takes_factor: bool = True
    apply_to_weights: Apply | None = None
    takes: Callable[[Any], bool] = _any_layer
    gradual: bool = False
    keeps_size: bool = False
    is_trained_after: bool = True
    comes_last: bool = False
    counts: Of | None = None
    """What its factor counts whatever the goal; None: what the goal asks for."""

    def aimed(self, of: Of) -> Apply:
        """The function whose factor counts `of`."""
        return (of == "weights" and self.apply_to_weights) or self.apply


def _low_rank(method: type[Factorization], size: Size) -> Apply:
    def apply(model: Any, factor: float, given: Given) -> Compressed:
        rule = Balanced(factor, size, _CHANNELS_AT_A_TIME)
        # Where bytes are to go, it need not get faster.
        judge = given.judge if size is MACS else content
        return factorize(model, method, rule, given.samples, judge=judge)

    return apply


def _fold(model: Any, _factor: float, _given: Given) -> Compressed:
    return Compressed(fold_batch_norm(model).model, ())


def _takes(method: type[Factorization]) -> Callable[[Any], bool]:
    return lambda layer: not method.obstacle(layer)


def _prune(rule: type[KeepMacs]) -> Apply:
    def apply(model: Any, factor: float, _given: Given) -> Compressed:
        return prune_channels(model, Norm(), rule(factor, _CHANNELS_AT_A_TIME))

    return apply


def _depthwise(model: Any, _factor: float, _given: Given) -> Compressed:
    return separate_convolutions(model)


def _equalize(model: Any, _factor: float, _given: Given) -> Compressed:
    return Compressed(equalize(model).model, ())


def _correct_bias(model: Any, _factor: float, given: Given) -> Compressed:
    return Compressed(correct_bias(model, given.samples), ())


def _qat(model: Any, _factor: float, given: Given) -> Compressed:
    return Compressed(quantization_aware(model, given.samples), ())


def _prune_weights(model: Any, factor: float, _given: Given) -> Compressed:
    return prune_weights(model, factor)


_MEANINGS = {
    "spatial-svd": "kx1 then 1xk convolutions, weighted by what the samples show",
    "channel-svd": "a narrow kxk convolution, then 1x1",
    "tucker-2": "1x1, a small kxk core, 1x1",
    "cp": "1x1, depthwise, 1x1",
    "dense-svd": "two thin dense layers",
}
# fmt: off
TECHNIQUES = (
    Technique(
        "prune-channels", "whole channels, those with the least norm", _prune(KeepMacs),
        apply_to_weights=_prune(KeepWeights), gradual=True,
    ),
    *(
        Technique(
            m.NAME, _MEANINGS.get(m.NAME, ""), _low_rank(m, MACS),
            apply_to_weights=_low_rank(m, WEIGHTS), takes=_takes(m),
        )
        for m in METHODS
    ),
    Technique("depthwise", "each convolution as depthwise and 1x1", _depthwise, takes_factor=False),
    Technique("fold", "batch normalization into the layer before it", _fold, takes_factor=False),
    Technique(
        "prune-weights", "single weights, the smallest, become 0", _prune_weights,
        takes=_weighted_layer, counts="weights", keeps_size=True, comes_last=True,
    ),
    Technique(
        "equalize", "channels of one tensor get like ranges", _equalize,
        takes_factor=False, keeps_size=True, is_trained_after=False,
    ),
    Technique(
        "correct-bias", "biases make up for what rounding the weights shifts", _correct_bias,
        takes_factor=False, keeps_size=True, is_trained_after=False, comes_last=True,
    ),
    Technique(
        QAT, "training that computes as int8 will", _qat,
        takes_factor=False, keeps_size=True, comes_last=True,
    ),
)
# fmt: on


def technique(name: str) -> Technique:
    """The technique of this name. Raises UsageError."""
    for one in TECHNIQUES:
        if one.name == name:
            return one
    names = [one.name for one in TECHNIQUES]
    raise UsageError(
        f"there is no technique {name!r}",
        f"{did_you_mean(name, names)} There are {', '.join(names)}.",
    )
