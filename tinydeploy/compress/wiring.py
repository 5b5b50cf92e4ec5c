"""Which call of a model reads what, and small questions about layers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from tinydeploy.compress.rewrite import Call, Rewritten
from tinydeploy.ir.graph import Array

WEIGHTED = ("Conv1D", "Conv2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D")
_CLAMPS = ("relu", "relu6")


def activation_name(layer: Any) -> str:
    """The name of a layer's activation; empty where it has none."""
    return getattr(getattr(layer, "activation", None), "__name__", "")


def clamp_name(layer: Any) -> str:
    """The name ("relu", "relu6") of a layer that does only this; empty for any other.

    An int8 operator does these on the way, as it saturates.
    """
    kind = type(layer).__name__
    if kind in ("Relu", "Relu6"):  # of keras.ops
        return kind.lower()
    if kind == "ReLU":
        is_plain = not layer.negative_slope and not layer.threshold
        return {None: "relu", 6: "relu6"}.get(layer.max_value, "") if is_plain else ""
    is_clamp = kind == "Activation" and activation_name(layer) in _CLAMPS
    return activation_name(layer) if is_clamp else ""


def sole_reader(traced: Rewritten, call: Call) -> Call | None:
    """The one call that reads what `call` makes; None where others do too, or it is an output."""
    found = [c for c in traced.calls if any(x is y for x in c.inputs for y in call.outputs)]
    is_output = any(x is y for x in traced.model.outputs for y in call.outputs)
    return found[0] if len(found) == 1 and not is_output else None


def call_counts(traced: Rewritten) -> Counter[str]:
    """How often each layer is called, by its name."""
    return Counter(call.layer.name for call in traced.calls)


def like(layer: Any, **settings: Any) -> Any:
    """A new layer with the settings of `layer`, but for those given."""
    return type(layer).from_config({**layer.get_config(), **settings})


def weights_of(layer: Any) -> tuple[Array, ...]:
    """The weights of a layer; an operation of keras.ops has none."""
    return tuple(layer.get_weights()) if hasattr(layer, "get_weights") else ()


def is_depthwise(layer: Any) -> bool:
    """Whether a kernel of it has an axis for the input channels and one for the multiplier."""
    return type(layer).__name__.startswith("Depthwise")


def made_channels(layer: Any) -> int:
    """How many channels a convolution or dense layer makes."""
    kernel = layer.get_weights()[0]
    return int(np.prod(kernel.shape[-2:])) if is_depthwise(layer) else int(kernel.shape[-1])
