"""Quantization-aware training: a model that computes as its int8 form will.

Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
Inference", arXiv 1712.05877. After training, TensorFlow's converter takes over each range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydeploy.compress.equalize import equalize
from tinydeploy.compress.fold_batch_norm import fold_batch_norm
from tinydeploy.compress.observe import observe
from tinydeploy.compress.relax_clips import relax_clips
from tinydeploy.compress.rewrite import Call, Rewritten, Weighted, rewrite
from tinydeploy.compress.spell_out import spell_out
from tinydeploy.compress.wiring import (
    WEIGHTED,
    activation_name,
    clamp_name,
    like,
    sole_reader,
    weights_of,
)
from tinydeploy.errors import UnsupportedModelError
from tinydeploy.frontend.fake_quantization import fake_quantization_layers
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Array

# An int8 operator of these does a ReLU behind it on the way.
_CLAMPING = (*WEIGHTED, "Add", "Subtract", "Multiply")
_RANGED = (
    *(*_CLAMPING, "Concatenate", "LeakyReLU"),
    *("GlobalAveragePooling1D", "GlobalAveragePooling2D"),
)
_RANGED_ACTIVATIONS = ("hard_silu", "hard_swish", "leaky_relu", "silu", "swish")
# Their output has the scale of their input.
_SAME_RANGE = (
    *("AveragePooling1D", "AveragePooling2D", "Cropping1D", "Cropping2D", "Flatten"),
    *("GlobalMaxPooling1D", "GlobalMaxPooling2D", "MaxPooling1D", "MaxPooling2D", "Permute"),
    *("Reshape", "UpSampling1D", "UpSampling2D", "ZeroPadding1D", "ZeroPadding2D"),
)
# TensorFlow Lite fixes the scale of their output.
_FIXED_RANGE = ("sigmoid", "softmax", "tanh")
_SUFFIX = "_range"


def quantization_aware(model: Any, samples: Sequence[Array]) -> Any:
    """Return a trainable keras.Model that computes what int8 will, to the rounding of float32.

    Weights are rounded to 8 bits, for each channel (a Dense layer's for all of them), and so is
    each tensor that int8 code stores. Ranges start at what `samples` show, one array (samples,
    *shape) for each input of the model, and follow a moving average while training. Batch
    normalizations are folded first, or stay as they are where they can't be, dropout goes, and so
    does the clip of a ReLU6 that hardly ever clips. Then layers are equalized: an optimizer that
    moves all weights alike trains channels of one magnitude, not of several.

    Raises UnsupportedModelError for a layer whose ranges aren't known or a model that has some
    already, CalibrationError for samples that don't fit, and what rewrite() raises.
    """
    check_not_quantization_aware(model)
    layers = fake_quantization_layers()
    relaxed = relax_clips(fold_batch_norm(model).model, samples)
    marked = _marked(spell_out(equalize(relaxed).model))
    points = {c.layer.name: c.outputs[0] for c in marked.calls if _is_mark(marked, c)}
    chains: dict[str, Sequence[Weighted]] = {
        name: (Weighted(layers.fake_quantize(name=name), (limits,)),)
        for name, limits in _limits(marked, points, samples).items()
    }
    for call in marked.calls:
        layer = call.layer
        if type(layer).__name__ in WEIGHTED:
            wrapped = layers.fake_quantized_kernel(like(layer), name=layer.name)
            chains[layer.name] = (Weighted(wrapped, weights_of(layer)),)
    return rewrite(marked.model, chains).model


def is_quantization_aware(model: Any) -> bool:
    """Whether a keras.Model is one that quantization_aware() has made."""
    return any(type(layer).__name__ == "FakeQuantize" for layer in model.layers)


def without_ranges(model: Any) -> Any:
    """Return a keras.Model of the same weights that computes in float, as any other does."""
    chains: dict[str, Sequence[Weighted]] = {}
    for layer in model.layers:
        if type(layer).__name__ == "FakeQuantize":
            chains[layer.name] = ()
        elif type(layer).__name__ == "FakeQuantizedKernel":
            chains[layer.name] = (Weighted(like(layer.layer), weights_of(layer)),)
    return rewrite(model, chains).model


def check_not_quantization_aware(model: Any) -> None:
    """Raise UnsupportedModelError where a model has its int8 ranges: no technique comes after."""
    if is_quantization_aware(model):
        raise UnsupportedModelError(
            "the model went through quantization-aware training: its ranges hold as it is",
            "Apply other techniques to the model before that training, and let qat come last.",
        )


def _limits(
    marked: Rewritten, points: dict[str, Any], samples: Sequence[Array]
) -> dict[str, Array]:
    """(lowest, highest) value of each tensor."""
    found = {name: np.zeros(2, np.float32) for name in points}
    for values in observe(marked.model, list(points.values()), samples):
        for limits, value in zip(found.values(), values, strict=True):
            limits[:] = min(limits[0], value.min()), max(limits[1], value.max())
    return found


def _marked(traced: Rewritten) -> Rewritten:
    """Return the model with an Identity called …_range at each tensor that has a range.

    Each call of a shared layer makes a tensor of its own.
    """
    keras = import_keras()

    def mark(name: str) -> Any:
        return keras.layers.Identity(name=f"{name}{_SUFFIX}")

    inputs = keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name), traced.model.input
    )
    marks = keras.tree.map_structure(lambda x: mark(x.name)(x), inputs)
    outer = keras.Model(inputs, traced.model(marks), name=traced.model.name)
    ranged = {c.layer.name: c.layer for c in traced.calls if _can_have_range(c.layer)}
    chains = {
        name: (Weighted(like(layer), weights_of(layer)), Weighted(mark(name)))
        for name, layer in ranged.items()
    }
    marked = rewrite(outer, chains)
    makers = {id(x): call.layer for call in marked.calls for x in call.outputs}
    needless: dict[str, Sequence[Weighted]] = {
        call.layer.name: ()
        for call in marked.calls
        if _is_mark(marked, call) and _has_none(marked, call, makers.get(id(call.inputs[0])))
    }
    return rewrite(marked.model, needless)


def _is_mark(marked: Rewritten, call: Call) -> bool:
    """Whether it marks a tensor. That of an input that nothing reads is no part of the model."""
    is_identity = type(call.layer).__name__ == "Identity"  # folding has dropped the user's own
    return is_identity and any(layer.name == call.layer.name for layer in marked.model.layers)


def _has_none(marked: Rewritten, mark: Call, maker: Any) -> bool:
    """Whether int8 code stores what `maker` has made in the one way of what reads it."""
    reader = sole_reader(marked, mark)
    if reader is None or maker is None:
        return False
    # An int8 concatenation copies: what it alone reads has its range.
    is_joined = type(reader.layer).__name__ == "Concatenate"
    return is_joined or (type(maker).__name__ in _CLAMPING and bool(clamp_name(reader.layer)))


def _can_have_range(layer: Any) -> bool:
    """Whether int8 code stores what `layer` makes, unless only its reader's, at its own scale."""
    kind = type(layer).__name__
    is_ranged = kind == "Activation" and activation_name(layer) in _RANGED_ACTIVATIONS
    if kind in _RANGED or is_ranged or clamp_name(layer):
        return True
    fixed = kind == "Softmax" or (kind == "Activation" and activation_name(layer) in _FIXED_RANGE)
    if kind in _SAME_RANGE or fixed:
        return False
    raise UnsupportedModelError(
        f'layer "{layer.name}" ({kind}) is none that quantization-aware training knows',
        "It knows Conv, DepthwiseConv and SeparableConv of 1 and 2 dimensions, Dense, "
        "BatchNormalization, Normalization, Rescaling, ReLU, Add, Subtract, Multiply, Concatenate, "
        "pooling, padding, reshapes, softmax, sigmoid and tanh.",
    )
