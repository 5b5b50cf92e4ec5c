from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import FLOAT32_ERROR, FLOAT64_ERROR, relative_error
from tests.unit.compress.conftest import RANDOM_MODELS, MakeModel, randomize
from tinydeploy.compress.channel_importance import Norm, Taylor
from tinydeploy.compress.coupled_channels import Coupling, couple_channels
from tinydeploy.compress.prune_channels import (
    KeepMacs,
    KeepNonzero,
    KeepShare,
    KeepWeights,
    prune_channels,
)
from tinydeploy.compress.record import Compressed
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.size import WEIGHTS, model_macs
from tinydeploy.errors import CalibrationError, UsageError
from tinydeploy.ir.graph import Array


def silence(model: Any, seed: int) -> None:
    """Set every other group of coupled channels to zero, in all layers that make it."""
    coupling = couple_channels(rewrite(model))
    rng = np.random.default_rng(seed)
    silent = rng.permutation(coupling.group_count)[::2]
    for call in coupling.traced.calls:
        kind = type(call.layer).__name__
        if not getattr(call.layer, "weights", ()):
            continue
        layer = model.get_layer(call.layer.name)
        mask = np.isin(coupling.of[id(call.outputs[0])], silent)
        if kind in {"Conv1D", "Conv2D", "Dense"} and getattr(layer, "groups", 1) == 1:
            layer.set_weights([np.where(mask, 0, w) for w in layer.get_weights()])
        elif kind == "BatchNormalization" and layer.get_weights()[0].shape == mask.shape:
            gamma, beta, mean, variance = layer.get_weights()
            layer.set_weights([gamma, np.where(mask, 0, beta), np.where(mask, 0, mean), variance])
        elif kind.startswith("Depthwise") and layer.use_bias:
            kernel, bias = layer.get_weights()
            layer.set_weights([kernel, np.where(mask, 0, bias)])


@pytest.mark.parametrize("seed", range(RANDOM_MODELS))
def test_pruning_channels_that_are_zero_changes_nothing(random_model: MakeModel, seed: int) -> None:
    model = rewrite(random_model(seed)).model
    silence(model, seed)
    pruned = prune_channels(model, Norm(), KeepNonzero())
    assert relative_error(model, pruned.model) < FLOAT64_ERROR


@pytest.mark.parametrize("seed", range(RANDOM_MODELS))
def test_any_channels_can_go_from_a_random_model(random_model: MakeModel, seed: int) -> None:
    """The pruned model still fits together, and has the MACs that its record says."""
    model = random_model(seed)
    pruned = prune_channels(model, Norm(2), KeepShare(0.5))
    assert [y.shape for y in pruned.model.outputs] == [y.shape for y in model.outputs]
    assert sum(layer.macs_after for layer in pruned.layers) == model_macs(pruned.model)


def test_zero_channels_go_through_every_kind_of_layer(residual_model: Any) -> None:
    silence(residual_model, 1)
    pruned = prune_channels(residual_model, Norm(), KeepNonzero())
    changed = {layer.name for layer in pruned.layers if layer.changed}
    assert changed == {"stem", "inner", "outer", "depthwise", "side", "last", "scores"}
    assert model_macs(pruned.model) < 0.5 * model_macs(residual_model)
    assert relative_error(residual_model, pruned.model) < FLOAT32_ERROR


@pytest.mark.parametrize("behind", ["depthwise bias", "normalization", "sigmoid", "nothing"])
def test_zero_channels_stay_where_something_behind_makes_more_of_them(
    keras: Any, behind: str
) -> None:
    layers = keras.layers
    image = keras.Input((6, 6, 3))
    x = layers.Conv2D(8, 3, activation="relu", name="silent")(image)
    follows = {
        "depthwise bias": layers.DepthwiseConv2D(3, name="behind"),
        "normalization": layers.BatchNormalization(name="behind"),
        "sigmoid": layers.Activation("sigmoid", name="behind"),
        "nothing": layers.ReLU(name="behind"),
    }
    model = keras.Model(image, layers.Conv2D(2, 1)(follows[behind](x)))
    randomize(model)
    kernel, bias = model.get_layer("silent").get_weights()
    is_silent = np.arange(8) < 3
    model.get_layer("silent").set_weights([np.where(is_silent, 0, w) for w in (kernel, bias)])
    pruned = prune_channels(model, Norm(), KeepNonzero())
    assert pruned.model.get_layer("silent").filters == (5 if behind == "nothing" else 8)
    assert relative_error(model, pruned.model) < FLOAT32_ERROR


def test_each_layer_keeps_a_channel_where_one_is_added_to_several(keras: Any) -> None:
    """The wide layer makes one space of all: the narrow one has the least norms in it."""
    layers = keras.layers
    image = keras.Input((6, 6, 3))
    narrow, wide, both = (layers.Conv2D(n, 1, name=f"of_{n}")(image) for n in (4, 12, 16))
    x = layers.Add()([layers.Concatenate()([narrow, wide]), both])
    model = keras.Model(image, layers.Conv2D(2, 1)(x))
    model.get_layer("of_4").set_weights([np.zeros((1, 1, 3, 4)), np.zeros(4)])
    kernel, bias = model.get_layer("of_16").get_weights()
    model.get_layer("of_16").set_weights([kernel * (np.arange(16) >= 4), bias])
    pruned = prune_channels(model, Norm(), KeepShare(0.5)).model
    assert [pruned.get_layer(f"of_{n}").filters for n in (4, 12, 16)] == [1, 8, 9]


def test_a_shared_activation_couples_nothing(keras: Any) -> None:
    layers = keras.layers
    relu, x = layers.ReLU(), keras.Input((6, 6, 3))
    image = x
    for number in range(2):
        x = relu(layers.Conv2D(8, 1, name=f"conv_{number}")(x))
    model = keras.Model(image, layers.Conv2D(2, 1)(x))
    coupling = couple_channels(rewrite(model))
    assert [len(space) for space in coupling.spaces] == [8, 8]


def test_added_channels_stay_coupled(residual_model: Any) -> None:
    pruned = prune_channels(residual_model, Norm(), KeepShare(0.5)).model
    filters = {name: pruned.get_layer(name).filters for name in ("stem", "inner", "outer", "side")}
    assert filters == {"stem": 4, "inner": 4, "outer": 4, "side": 3}
    assert pruned.get_layer("scores").units == 5


@pytest.mark.parametrize("factor", [1.2, 2.0, 4.0])
def test_target_of_macs_is_met(residual_model: Any, factor: float) -> None:
    pruned = prune_channels(residual_model, Norm(), KeepMacs(factor))
    reached = model_macs(residual_model) / model_macs(pruned.model)
    # With 8 channels in a layer, one of them is a large step.
    assert factor <= reached < 1.5 * factor


def test_weights_factor_is_reached(residual_model: Any) -> None:
    pruned = prune_channels(residual_model, Norm(), KeepWeights(2))
    before, after = (WEIGHTS.of_calls(rewrite(m).calls) for m in (residual_model, pruned.model))
    assert 2 <= before / after < 3


def test_wide_layers_keep_a_multiple_of_channels(keras: Any) -> None:
    widths = (32, 20, 14)
    convolutions = [keras.layers.Conv2D(width, 3, padding="same") for width in widths]
    model = keras.Sequential([keras.Input((8, 8, 3)), *convolutions, keras.layers.Conv2D(4, 1)])
    pruned = prune_channels(model, Norm(), KeepMacs(2, multiple=4)).model
    kept = [layer.filters for layer in pruned.layers[1:4]]
    assert [count % 4 for count in kept[:2]] == [0, 0]
    assert kept[2] not in (12, 8), "narrow layers: any number"


def test_all_channels_kept_changes_nothing(residual_model: Any) -> None:
    pruned = prune_channels(residual_model, Norm(), KeepShare(1))
    assert not any(layer.changed for layer in pruned.layers)
    assert relative_error(residual_model, pruned.model) == 0


def test_skipped_layer_keeps_its_channels_and_those_coupled_to_it(residual_model: Any) -> None:
    pruned = prune_channels(residual_model, Norm(), KeepShare(0.5), skip=["stem"]).model
    assert pruned.get_layer("outer").filters == 8
    assert pruned.get_layer("inner").filters == 4


def test_shared_layer_is_pruned_once(keras: Any) -> None:
    image = keras.Input((8, 8, 6))
    conv = keras.layers.Conv2D(6, 3, padding="same", name="twin")
    x = keras.layers.Conv2D(6, 1, name="first")(image)
    model = keras.Model(image, keras.layers.Dense(2)(conv(conv(x))))
    randomize(model)
    pruned = prune_channels(model, Norm(), KeepShare(0.5)).model
    assert pruned.get_layer("twin").filters == pruned.get_layer("first").filters == 3


def _task() -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    return rng.normal(0, 1, (48, 12, 12, 3)).astype(np.float32), rng.integers(0, 5, 48)


def test_taylor_scores_predict_how_the_loss_changes(keras: Any, residual_model: Any) -> None:
    """The derivative by a gate on a channel, against the loss with that channel scaled a bit."""
    images, labels = _task()
    images, labels = images[:16], labels[:16]
    coupling = couple_channels(rewrite(residual_model))
    scores = Taylor([images], labels, "sparse_categorical_crossentropy").scores(coupling)

    def loss(model: Any) -> float:
        values = keras.losses.sparse_categorical_crossentropy(labels, model(images, training=False))
        return float(np.mean(np.asarray(values)))

    call = next(c for c in coupling.traced.calls if c.layer.name == "last")
    group = int(coupling.of[id(call.outputs[0])][2])
    changes = []
    for factor in (1.01, 0.99):
        scaled = rewrite(residual_model).model
        weights = scaled.get_layer("last").get_weights()
        for w in weights:
            w[..., 2] *= factor
        scaled.get_layer("last").set_weights(weights)
        changes.append(loss(scaled))
    derivative = (changes[0] - changes[1]) / 0.02
    assert abs(derivative) > 1e-3
    assert scores[group] == pytest.approx(derivative**2, rel=0.05)


def test_taylor_keeps_what_the_output_depends_on(residual_model: Any) -> None:
    """A channel with the largest weights that nothing reads is the first to go."""
    kernel, bias = residual_model.get_layer("inner").get_weights()
    kernel[..., 3] *= 100
    residual_model.get_layer("inner").set_weights([kernel, bias])
    outer_kernel, outer_bias = residual_model.get_layer("outer").get_weights()
    outer_kernel[:, :, 3] = 0
    residual_model.get_layer("outer").set_weights([outer_kernel, outer_bias])
    images, labels = _task()
    taylor = Taylor([images], labels, "sparse_categorical_crossentropy")

    def gone(compressed: Compressed) -> bool:
        left = compressed.model.get_layer("inner").get_weights()[0]
        return bool(np.abs(left).max() < 0.5 * np.abs(kernel).max())

    assert gone(prune_channels(residual_model, taylor, KeepShare(0.8)))
    assert not gone(prune_channels(residual_model, Norm(), KeepShare(0.8)))


def test_reshape_fixes_channels(keras: Any) -> None:
    layers = keras.layers
    image = keras.Input((4, 4, 2))
    x = layers.Conv2D(6, 1, name="conv")(image)
    model = keras.Model(image, layers.Dense(2)(layers.Reshape((16, 6))(x)))
    coupling: Coupling = couple_channels(rewrite(model))
    assert coupling.spaces == ()


def test_an_array_with_a_value_for_each_channel_fixes_them(keras: Any) -> None:
    def spaces(constant: Any) -> int:
        image = keras.Input((4, 4, 2))
        x = keras.layers.Conv2D(6, 1)(image) + constant
        model = keras.Model(image, keras.layers.Conv2D(2, 1)(x))
        return len(couple_channels(rewrite(model)).spaces)

    assert (spaces(1.0), spaces(np.ones(6, np.float32))) == (1, 0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: KeepShare(0), "not a share"),
        (lambda: KeepMacs(0.5), "no compression"),
        (lambda: Norm(3), "L3"),
    ],
)
def test_values_without_meaning_are_refused(make: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make()


def test_factor_out_of_reach_is_refused(residual_model: Any) -> None:
    with pytest.raises(UsageError, match="5000 times fewer MACs"):
        prune_channels(residual_model, Norm(), KeepMacs(5000))


def test_targets_that_dont_fit_are_refused(residual_model: Any) -> None:
    images, labels = _task()
    taylor = Taylor([images], labels[:-1], "sparse_categorical_crossentropy")
    with pytest.raises(CalibrationError, match="47 targets"):
        prune_channels(residual_model, taylor, KeepShare(0.5))


def test_random_models_have_channels_that_can_go(random_model: MakeModel) -> None:
    """Else the tests of random models above would compare models with their copies."""
    models = [random_model(seed) for seed in range(10)]
    pruned = [prune_channels(model, Norm(), KeepShare(0.5)).layers for model in models]
    assert sum(any(layer.changed for layer in layers) for layers in pruned) >= 5
