from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, FLOAT64_ERROR, relative_error
from tests.unit.compress.conftest import RANDOM_MODELS, MakeModel, randomize
from tinydeploy.compress.fold_batch_norm import fold_batch_norm


@pytest.mark.parametrize("seed", range(RANDOM_MODELS))
def test_folding_changes_nothing(random_model: MakeModel, seed: int) -> None:
    model = random_model(seed)
    assert relative_error(model, fold_batch_norm(model).model) < FLOAT64_ERROR


@pytest.mark.parametrize("use_bias", [True, False])
@pytest.mark.parametrize("settings", [{}, {"center": False}, {"scale": False}])
@pytest.mark.parametrize(
    "kind", ["Conv1D", "Conv2D", "DepthwiseConv1D", "DepthwiseConv2D", "Dense"]
)
def test_every_kind_of_layer_is_folded(
    keras: Any, kind: str, settings: dict[str, bool], use_bias: bool
) -> None:
    size = {"1": (9, 4), "2": (7, 6, 4)}.get(kind[-2], (4,))
    arguments: dict[str, Any] = {"use_bias": use_bias, "name": "before"}
    arguments |= {"units": 5} if kind == "Dense" else {"kernel_size": 3, "strides": 2}
    arguments |= {"filters": 5} if kind.startswith("Conv") else {}
    arguments |= {"depth_multiplier": 3} if kind.startswith("Depthwise") else {}
    layer = getattr(keras.layers, kind)(**arguments)
    norm = keras.layers.BatchNormalization(name="norm", **settings)
    model = keras.Sequential([keras.Input(size), layer, norm, keras.layers.ReLU()])
    randomize(model)
    folded = fold_batch_norm(model)
    assert folded.folded == (("norm", "before"),)
    assert [type(x).__name__ for x in folded.model.layers] == ["InputLayer", kind, "ReLU"]
    assert relative_error(model, folded.model) < FLOAT32_ERROR


def test_all_norms_of_a_residual_model_are_folded(residual_model: Any) -> None:
    folded = fold_batch_norm(residual_model)
    assert [norm for norm, _ in folded.folded] == [
        "stem_bn",
        "inner_bn",
        "outer_bn",
        "depthwise_bn",
    ]
    assert folded.dropped == ("dropout",)
    assert folded.left == ()
    assert relative_error(residual_model, folded.model) < FLOAT32_ERROR


def test_norm_behind_dropout_is_folded(keras: Any) -> None:
    layers = keras.layers
    chain = [layers.Dense(3), layers.Dropout(0.5), layers.Activation("linear")]
    model = keras.Sequential([keras.Input((4,)), *chain, layers.BatchNormalization()])
    randomize(model)
    folded = fold_batch_norm(model)
    assert len(folded.model.layers) == 2
    assert relative_error(model, folded.model) < FLOAT32_ERROR


def _read_twice(keras: Any, x: Any) -> Any:
    x = keras.layers.Conv2D(3, 1)(x)
    return keras.layers.Add()([x, keras.layers.BatchNormalization(name="norm")(x)])


def _activated(keras: Any, x: Any) -> Any:
    x = keras.layers.Conv2D(3, 1, activation="relu")(x)
    return keras.layers.BatchNormalization(name="norm")(x)


def _shared(keras: Any, x: Any) -> Any:
    conv = keras.layers.Conv2D(3, 1)
    return keras.layers.BatchNormalization(name="norm")(conv(conv(x)))


def _after_pooling(keras: Any, x: Any) -> Any:
    return keras.layers.BatchNormalization(name="norm")(keras.layers.MaxPooling2D()(x))


def _of_rows(keras: Any, x: Any) -> Any:
    return keras.layers.BatchNormalization(axis=1, name="norm")(keras.layers.Conv2D(3, 1)(x))


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (_read_twice, "used elsewhere"),
        (_activated, "activation before"),
        (_shared, "more than once"),
        (_after_pooling, "no convolution"),
        (_of_rows, "last axis"),
    ],
)
def test_norm_that_must_stay_says_why(
    keras: Any, build: Callable[[Any, Any], Any], reason: str
) -> None:
    image = keras.Input((6, 6, 3))
    model = keras.Model(image, build(keras, image))
    randomize(model)
    folded = fold_batch_norm(model)
    assert [(name, reason in why) for name, why in folded.left] == [("norm", True)]
    assert relative_error(model, folded.model) < FLOAT32_ERROR
