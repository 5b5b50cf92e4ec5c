"""Rebuilds a Keras model with some of its layers replaced, and lists the calls of its layers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from tinydeploy.compress.separable import is_separable, separable_parts
from tinydeploy.errors import InternalError, UnsupportedModelError
from tinydeploy.frontend.tensorflow_env import import_keras
from tinydeploy.ir.graph import Array

_HINT = (
    "Compression rebuilds the model from its layers: build it with keras.Sequential or "
    "keras.Model(inputs, outputs) from the layers that Keras comes with."
)


_OF_TWO = ("Add", "Multiply")  # in TensorFlow Lite


@dataclass(frozen=True, slots=True)
class Weighted:
    """A Keras layer that is not built yet, and its weights in the order of set_weights()."""

    layer: Any
    weights: tuple[Array, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer (or keras.ops operation): the symbolic tensors that it reads and makes.

    `constants` are the other arguments: numbers, arrays and settings.
    """

    layer: Any
    inputs: tuple[Any, ...]
    outputs: tuple[Any, ...]
    constants: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A new model, not compiled, and the calls of its layers in an order they can run in."""

    model: Any
    calls: tuple[Call, ...]


Replacements = Mapping[str, Sequence[Weighted]]


def rewrite(model: Any, replacements: Replacements = MappingProxyType({})) -> Rewritten:
    """Return a copy of a keras.Model in which each named layer became a chain of others.

    An empty chain removes its layer. The other layers keep their names, settings and weights;
    `model` stays as it is, and shares no variable with the copy. Models that are used as layers
    are dissolved into their layers; one whose name is taken gets the model's name in front. A layer
    without weights that is called several times becomes as many layers, an addition or product of
    several tensors becomes several of two, and a separable convolution a depthwise and a 1x1 one
    (…_depthwise, …_pointwise): so it is in TensorFlow Lite, too.

    Raises UnsupportedModelError for a subclassed model, a custom layer, or a model whose input
    shape is unknown; InternalError where a replacement names no layer.
    """
    keras = import_keras()
    rebuilding = _Rebuilding(keras, replacements)
    inputs = keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=x.dtype, name=x.name),
        _functional(keras, model).input,
    )
    rebuilding.names.update(x.name for x in keras.tree.flatten(inputs))
    outputs = rebuilding.run(model, inputs)
    unknown = sorted(set(replacements) - rebuilding.replaced)
    if unknown:
        raise InternalError(f"no layer to replace is called {', '.join(unknown)}")
    return Rewritten(keras.Model(inputs, outputs, name=model.name), tuple(rebuilding.calls))


@dataclass
class _Rebuilding:
    keras: Any
    replacements: Replacements
    calls: list[Call] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    chains: dict[int, Sequence[Weighted]] = field(default_factory=dict)

    def run(self, model: Any, inputs: Any) -> Any:
        """Return the outputs of a copy of `model` on symbolic inputs."""

        def call(operation: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(operation, self.keras.Model):
                return self.run(operation, args[0])
            if not _takes_several(operation, args):
                return self._call_chain(self._chain(operation, model), args, kwargs)
            result, *others = args[0]
            for other in others:
                pair = ([result, other],)
                result = self._call_chain(self._chain(operation, model), pair, kwargs)
            return result

        # Private in Keras, but all that clone_model() itself is made of; clone_model() can't
        # dissolve a model in another one.
        return _functional(self.keras, model)._run_through_graph(
            inputs, operation_fn=lambda operation: operation, call_fn=call
        )

    def _chain(self, operation: Any, owner: Any) -> Sequence[Weighted]:
        """What stands for `operation` in one of its calls: what has weights is shared by them."""
        key = id(operation)
        if key not in self.chains:
            chain = self.replacements.get(operation.name)
            if chain is None:
                chain = _parts(_copy(self.keras, operation))
            self.replaced.add(operation.name)
            self.chains[key] = [self._renamed(part, owner.name) for part in chain]
            return self.chains[key]
        return [
            part if getattr(part.layer, "weights", ()) else self._renamed(part, owner.name)
            for part in self.chains[key]
        ]

    def _renamed(self, part: Weighted, owner_name: str) -> Weighted:
        name = part.layer.name
        if name in self.names:
            part = Weighted(_with_name(part.layer, self._free_name(name, owner_name)), part.weights)
        self.names.add(part.layer.name)
        return part

    def _free_name(self, name: str, owner_name: str) -> str:
        candidate, number = f"{owner_name}_{name}", 1
        while candidate in self.names:
            number += 1
            candidate = f"{owner_name}_{name}_{number}"
        return candidate

    def _call_chain(
        self, chain: Sequence[Weighted], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        result = args[0] if args else None
        if kwargs.get("mask") is None:  # what takes the place of a layer may know no mask
            kwargs = {name: value for name, value in kwargs.items() if name != "mask"}
        for part in chain:
            result = part.layer(*args, **kwargs)
            if part.weights:
                part.layer.set_weights(part.weights)
                # What an adapted Normalization computes with follows from its weights.
                getattr(part.layer, "finalize_state", lambda: None)()
            given = self.keras.tree.flatten((args, kwargs))
            read = tuple(x for x in given if self._is_symbolic(x))
            constants = tuple(x for x in given if not self._is_symbolic(x))
            made = tuple(self.keras.tree.flatten(result))
            self.calls.append(Call(part.layer, read, made, constants))
            args, kwargs = (result,), {}
        return result

    def _is_symbolic(self, value: Any) -> bool:
        return isinstance(value, self.keras.KerasTensor)


def _functional(keras: Any, model: Any) -> Any:
    """Return `model` as a functional one: its class is Keras's own, its graph is known."""
    if not _is_builtin(model):
        raise UnsupportedModelError(
            f'model "{model.name}" is of a class of its own ({type(model).__name__}), '
            "so its structure can't be seen",
            _HINT,
        )
    if isinstance(model, keras.Sequential):
        if not model.built or not model.layers:
            raise UnsupportedModelError(
                f'model "{model.name}" has no input shape yet',
                "Put keras.Input(shape) first in it, or call it once on data.",
            )
        return keras.Model(model.inputs, model.outputs, name=model.name)
    if not hasattr(model, "_run_through_graph"):
        raise UnsupportedModelError(
            f'the structure of model "{model.name}" ({type(model).__name__}) can\'t be seen', _HINT
        )
    return model


def _copy(keras: Any, operation: Any) -> Weighted:
    if not _is_builtin(operation) or isinstance(operation, keras.layers.Lambda):
        raise UnsupportedModelError(
            f'layer "{operation.name}" ({type(operation).__name__}) is custom code', _HINT
        )
    try:
        copy = type(operation).from_config(operation.get_config())
    except Exception as error:
        raise UnsupportedModelError(
            f'layer "{operation.name}" ({type(operation).__name__}) can\'t be copied from its '
            f"configuration: {error}",
            _HINT,
        ) from error
    weights = operation.get_weights() if isinstance(operation, keras.layers.Layer) else []
    return Weighted(copy, tuple(np.asarray(w) for w in weights))


def _parts(copy: Weighted) -> Sequence[Weighted]:
    """A layer, or the two that a separable convolution consists of."""
    if not is_separable(copy.layer):
        return [copy]
    depthwise, pointwise = separable_parts(copy.layer)
    window, *others = copy.weights
    return [Weighted(depthwise, (window,)), Weighted(pointwise, tuple(others))]


def _takes_several(operation: Any, args: tuple[Any, ...]) -> bool:
    """Whether it is an addition or product of more than two tensors."""
    merges = type(operation).__name__ in _OF_TWO and bool(args)
    return merges and isinstance(args[0], list | tuple) and len(args[0]) > 2


def _with_name(layer: Any, name: str) -> Any:
    return type(layer).from_config({**layer.get_config(), "name": name})


def _is_builtin(thing: Any) -> bool:
    """Whether it is Keras's own, or a layer of quantization-aware training."""
    return type(thing).__module__.split(".")[0] in {"keras", "tinydeploy"}
