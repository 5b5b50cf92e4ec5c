from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import relative_error
from tests.unit.compress.conftest import RANDOM_MODELS, MakeModel, randomize
from tinydeploy.compress.rewrite import Weighted, rewrite
from tinydeploy.errors import InternalError, UnsupportedModelError

EXACT = 0.0


@pytest.mark.parametrize("seed", range(RANDOM_MODELS))
def test_copy_computes_the_same(random_model: MakeModel, seed: int) -> None:
    model = random_model(seed)
    assert relative_error(model, rewrite(model).model) == EXACT


def test_copy_of_an_adapted_normalization_computes_the_same(keras: Any) -> None:
    normalization = keras.layers.Normalization()
    normalization.adapt(np.random.default_rng(0).normal(30, 9, (200, 5)))
    model = keras.Sequential([keras.Input((5,)), normalization, keras.layers.Dense(3)])
    assert relative_error(model, rewrite(model).model) == EXACT


def test_copy_shares_no_variable_and_leaves_the_original_alone(residual_model: Any) -> None:
    before = [np.array(w) for w in residual_model.get_weights()]
    copy = rewrite(residual_model).model
    copy.set_weights([w + 1 for w in copy.get_weights()])
    for was, now in zip(before, residual_model.get_weights(), strict=True):
        np.testing.assert_array_equal(was, now)


def test_layer_becomes_a_chain_in_a_model_with_branches(keras: Any, residual_model: Any) -> None:
    """W = I W: an identity 1x1 convolution in front changes nothing."""
    old = residual_model.get_layer("inner")
    identity = keras.layers.Conv2D(8, 1, use_bias=False, name="identity")
    same = keras.layers.Conv2D(8, 3, padding="same", name="inner")
    chain = (
        Weighted(identity, (np.eye(8)[None, None],)),
        Weighted(same, tuple(old.get_weights())),
    )
    copy = rewrite(residual_model, {"inner": chain}).model
    assert copy.get_layer("identity").input.shape == (None, 12, 12, 8)
    assert relative_error(residual_model, copy) < 1e-6


def test_empty_chain_removes_a_layer(residual_model: Any) -> None:
    copy = rewrite(residual_model, {"dropout": ()}).model
    assert "dropout" not in [layer.name for layer in copy.layers]
    assert relative_error(residual_model, copy) == EXACT


def test_only_layer_can_be_removed(keras: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5, name="dropout")])
    assert relative_error(model, rewrite(model, {"dropout": ()}).model) == EXACT


def test_shared_layer_stays_shared(keras: Any) -> None:
    left, right = keras.Input((5,), name="left"), keras.Input((5,), name="right")
    dense = keras.layers.Dense(4, name="twin")
    model = keras.Model([left, right], keras.layers.Add()([dense(left), dense(right)]))
    rewritten = rewrite(model)
    assert [call.layer.name for call in rewritten.calls].count("twin") == 2
    assert rewritten.model.count_params() == model.count_params()
    assert relative_error(model, rewritten.model) == EXACT


def test_what_has_no_weights_is_there_for_each_call_and_sums_are_of_two(keras: Any) -> None:
    layers = keras.layers
    image = keras.Input((4, 4, 3))
    relu = layers.ReLU(name="relu")
    branches = [relu(layers.Conv2D(2, 1)(image)) for _ in range(3)]
    model = keras.Model(image, layers.Multiply()([layers.Add()(branches), *branches]))
    copy = rewrite(model)
    kinds = Counter(type(call.layer).__name__ for call in copy.calls)
    assert (kinds["ReLU"], kinds["Add"], kinds["Multiply"]) == (3, 2, 3)
    assert len({call.layer.name for call in copy.calls}) == len(copy.calls)
    assert copy.model.get_layer("relu") is not None
    assert relative_error(model, copy.model) == 0


def test_separable_convolution_is_a_depthwise_and_a_pointwise_one(keras: Any) -> None:
    layers = keras.layers
    image, regular = keras.Input((6, 6, 2)), keras.regularizers.L2
    twin = layers.SeparableConv2D(
        *(2, (3, 2)),
        padding="same",
        activation="relu",
        depthwise_regularizer=regular(0.1),
        pointwise_regularizer=regular(0.2),
        name="twin",
    )
    rows = layers.SeparableConv1D(5, 3, strides=2, depth_multiplier=3, use_bias=False, name="row")
    model = keras.Model(image, rows(layers.Reshape((36, 2), name="reshape")(twin(twin(image)))))
    randomize(model)
    copy = rewrite(model)
    names = [call.layer.name for call in copy.calls]
    twins = ["twin_depthwise", "twin_pointwise"]
    assert names == [*twins, *twins, "reshape", "row_depthwise", "row_pointwise"]
    assert copy.model.count_params() == model.count_params()
    assert [float(x) for x in copy.model.losses] == pytest.approx([float(x) for x in model.losses])
    assert relative_error(model, copy.model) == EXACT


def test_nested_models_are_dissolved(keras: Any) -> None:
    layers = keras.layers
    image = keras.Input((6, 6, 2))
    deepest = keras.Sequential([keras.Input((6, 6, 4)), layers.Conv2D(4, 1, name="head")])
    body = keras.Model(image, deepest(layers.Conv2D(4, 3, padding="same", name="conv")(image)))
    outer = keras.Input((6, 6, 2))
    x = layers.Flatten()(layers.Conv2D(3, 1, name="conv")(body(outer)))
    model = keras.Model(outer, layers.Dense(2, name="head")(x))
    randomize(model)
    for nested in (body, deepest):
        randomize(nested)
    copy = rewrite(model).model
    assert not any(isinstance(layer, keras.Model) for layer in copy.layers)
    assert len({layer.name for layer in copy.layers}) == len(copy.layers)
    assert relative_error(model, copy) == EXACT


def test_calls_come_in_an_order_that_runs(residual_model: Any) -> None:
    rewritten = rewrite(residual_model)
    known = {id(x) for x in rewritten.model.inputs}
    for call in rewritten.calls:
        assert {id(x) for x in call.inputs} <= known
        known |= {id(x) for x in call.outputs}
    assert {id(x) for x in rewritten.model.outputs} <= known


def test_named_inputs_keep_their_structure(keras: Any) -> None:
    inputs = {"b": keras.Input((3,), name="b"), "a": keras.Input((2,), name="a")}
    total = keras.layers.Concatenate()([inputs["a"], inputs["b"]])
    model = keras.Model(inputs, {"y": keras.layers.Dense(2)(total)})
    data = {"a": np.ones((1, 2)), "b": np.full((1, 3), 2.0)}
    copy = rewrite(model).model
    np.testing.assert_array_equal(model(data)["y"], copy(data)["y"])


def test_subclassed_model_is_refused(keras: Any) -> None:
    class Mine(keras.Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    with pytest.raises(UnsupportedModelError, match=r'"mine" is of a class of its own \(Mine\)'):
        rewrite(Mine(name="mine"))


def test_custom_layer_is_refused_by_name(keras: Any) -> None:
    class Mine(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    model = keras.Sequential([keras.Input((4,)), Mine(name="odd")])
    with pytest.raises(UnsupportedModelError, match=r'layer "odd" \(Mine\) is custom code'):
        rewrite(model)


def test_lambda_is_refused(keras: Any) -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Lambda(lambda x: x, name="odd")])
    with pytest.raises(UnsupportedModelError, match='layer "odd"'):
        rewrite(model)


def test_sequential_without_input_is_refused(keras: Any) -> None:
    with pytest.raises(UnsupportedModelError, match="no input shape"):
        rewrite(keras.Sequential([keras.layers.Dense(3)], name="open"))


def test_replacement_of_no_layer_is_a_bug(residual_model: Any) -> None:
    with pytest.raises(InternalError, match="no layer to replace is called nothing"):
        rewrite(residual_model, {"nothing": ()})
