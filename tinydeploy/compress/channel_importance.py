"""How much each group of coupled channels matters: by norms, or by the loss that it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinydeploy.compress.coupled_channels import DEPTHWISE, MERGING, PASSING, PRODUCING, Coupling
from tinydeploy.compress.fold_batch_norm import scale_and_shift
from tinydeploy.compress.rewrite import Call
from tinydeploy.errors import CalibrationError, UsageError
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.tensorflow_env import import_keras, import_tensorflow
from tinydeploy.ir.graph import Array

_BATCH = 16


@dataclass(frozen=True, slots=True)
class Norm:
    """L1 or L2 norm of the weights that make a channel, with the batch norm behind them folded in.

    0 exactly where a channel is always 0 before its activation. Norms are relative to the mean of
    their layer, and add up over coupled layers. Source: Li et al., Pruning Filters for Efficient
    ConvNets, 2017.
    """

    order: int = 1

    def __post_init__(self) -> None:
        if self.order not in (1, 2):
            raise UsageError(f"there is no L{self.order} norm here", "Choose 1 or 2.")

    def scores(self, coupling: Coupling) -> Array:
        """Return the importance of each group, (groups,)."""
        total = np.zeros(coupling.group_count)
        for call in _producers(coupling):
            norms = np.linalg.norm(_effective_weights(coupling, call), self.order, axis=0)
            if norms.any():
                np.add.at(total, coupling.of[id(call.outputs[0])], norms / norms.mean())
        return total


@dataclass(frozen=True, slots=True)
class Taylor:
    """First-order change of the loss if a group of channels went, squared, mean over batches.

    `samples`: one array for each input; `targets`: what `loss` (a Keras loss or its name, like
    "sparse_categorical_crossentropy") compares the output with. Source: Molchanov et al.,
    Importance Estimation for Neural Network Pruning, 2019.
    """

    samples: Sequence[Array]
    targets: Array
    loss: Any

    def scores(self, coupling: Coupling) -> Array:
        """Return the importance of each group, (groups,). Raises CalibrationError, UsageError."""
        model = coupling.traced.model
        count = len(self.targets)
        if len(model.outputs) != 1:
            raise UsageError(
                f"Taylor pruning needs a model with one output, this one has {len(model.outputs)}",
                "Choose pruning by norm.",
            )
        if count == 0 or [len(x) for x in self.samples] != [count] * len(model.inputs):
            raise CalibrationError(
                f"{count} targets don't fit samples of {[len(x) for x in self.samples]}",
                "Pass one array for each input, with a sample for each target.",
            )
        total = np.zeros(coupling.group_count)
        starts = range(0, count, _BATCH)
        for start in starts:
            total += self._changes(coupling, slice(start, start + _BATCH)) ** 2
        return total / len(starts)

    def _changes(self, coupling: Coupling, part: slice) -> Array:
        """The loss's derivative by a factor on each group, at 1."""
        tf, keras = import_tensorflow(), import_keras()
        calls = {call.layer.name: call for call in _producers(coupling)}
        weights = {name: _gate_weights(coupling, call) for name, call in calls.items()}
        variables = [w.value for each in weights.values() for w in each]
        with tf.GradientTape() as tape:
            tape.watch(variables)
            (output,) = from_keras(coupling.traced.model).call([x[part] for x in self.samples])
            loss = tf.reduce_mean(keras.losses.get(self.loss)(self.targets[part], output))
        gradients = iter(tape.gradient(loss, variables))
        total = np.zeros(coupling.group_count)
        for name, call in calls.items():
            for weight in weights[name]:
                gradient = next(gradients)
                if gradient is None:
                    continue
                product = np.asarray(weight) * np.asarray(gradient)
                change = product.reshape(-1, product.shape[-1]).sum(axis=0)
                np.add.at(total, coupling.of[id(call.outputs[0])], change)
        return total


def revived(coupling: Coupling) -> Array:
    """Which groups (groups,) hold a channel that isn't 0 though what makes it is.

    An activation may make another number of 0, a depthwise convolution has a bias, and a
    normalization a shift; where the latter is part of what Norm scores, it counts there.
    """
    found = np.zeros(coupling.group_count, bool)
    scored = {id(_norm_behind(coupling, call)) for call in _producers(coupling)}
    for call in coupling.traced.calls:
        layer, kind = call.layer, type(call.layer).__name__
        if len(call.outputs) != 1 or id(layer) in scored:
            continue
        made = coupling.of[id(call.outputs[0])]
        if kind in PRODUCING:
            found[made] |= bool(np.any(layer.activation(np.zeros((1, 2), np.float32))))
        elif kind in MERGING and len(call.inputs) == 1:
            found[made] = True  # a sum with a number, perhaps
        elif kind in (*PASSING, *DEPTHWISE) and len(made):
            zeros = np.zeros([size or 1 for size in call.inputs[0].shape], np.float32)
            values = np.asarray(layer(zeros)).reshape(-1, len(made))
            np.logical_or.at(found, made, values.any(axis=0))
    return found


def _producers(coupling: Coupling) -> list[Call]:
    kinds = [call for call in coupling.traced.calls if type(call.layer).__name__ in PRODUCING]
    return list({call.layer.name: call for call in kinds}.values())


def _norm_behind(coupling: Coupling, call: Call) -> Any:
    """The batch normalization that alone reads the call's output, or None."""
    value = call.outputs[0]
    readers = [c.layer for c in coupling.traced.calls if any(x is value for x in c.inputs)]
    kinds = [type(layer).__name__ for layer in readers]
    linear = call.layer.activation in (None, import_keras().activations.linear)
    return readers[0] if linear and kinds == ["BatchNormalization"] else None


def _effective_weights(coupling: Coupling, call: Call) -> Array:
    """Kernel and bias as one matrix (weights, channels)."""
    kernel, *bias = (np.asarray(w, np.float64) for w in call.layer.get_weights())
    matrix = np.vstack([kernel.reshape(-1, kernel.shape[-1]), *bias])
    norm = _norm_behind(coupling, call)
    if norm is None or norm.axis not in (-1, len(call.outputs[0].shape) - 1):
        return matrix
    scale, shift = scale_and_shift(norm)
    matrix = matrix * scale
    if not bias:
        return np.vstack([matrix, shift])
    matrix[-1] += shift
    return matrix


def _gate_weights(coupling: Coupling, call: Call) -> list[Any]:
    """Variables, channels last, that scale a channel when they are scaled together."""
    norm = _norm_behind(coupling, call)
    if norm is not None and norm.scale and norm.center:
        return [norm.gamma, norm.beta]
    return list(call.layer.weights)
