from __future__ import annotations

from typing import Any, Literal

import pytest

from tinydeploy.chain.chains import default_techniques, make_chains
from tinydeploy.chain.trial import Step

Kind = Literal["convolutions", "flatten", "dense", "pointwise"]


def shares(**techniques: tuple[float, float]) -> Any:
    """{technique: its shares of MACs and weights}; prune-channels takes all, the rest nothing."""
    nothing = dict.fromkeys(("spatial_svd", "channel_svd", "dense_svd"), (0.0, 0.0))
    known = {"prune_channels": (1.0, 1.0), "fold": (1.0, 1.0), **nothing, **techniques}
    return {
        name.replace("_", "-"): {"macs": macs, "weights": weights}
        for name, (macs, weights) in known.items()
    }


MODELS: dict[Kind, Any] = {
    "convolutions": shares(
        spatial_svd=(0.97, 0.95), channel_svd=(0.99, 0.98), dense_svd=(0.001, 0.01)
    ),
    "flatten": shares(spatial_svd=(0.9, 0.1), channel_svd=(0.9, 0.1), dense_svd=(0.1, 0.9)),
    "dense": shares(dense_svd=(1, 1)),
    "pointwise": shares(spatial_svd=(0.05, 0.02), channel_svd=(0.9, 0.9), dense_svd=(0.0, 0.02)),
}


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("convolutions", ("prune-channels", "spatial-svd")),
        ("flatten", ("prune-channels", "dense-svd", "spatial-svd")),
        ("dense", ("prune-channels", "dense-svd")),
        ("pointwise", ("prune-channels", "channel-svd")),
    ],
)
def test_techniques_are_those_that_reach_much(model: Kind, expected: tuple[str, ...]) -> None:
    assert default_techniques(MODELS[model], "size") == expected


def test_each_step_aims_at_what_its_layers_hold() -> None:
    chains = make_chains(default_techniques(MODELS["flatten"], "size"), MODELS["flatten"], "size")
    aims = {(step.technique, step.of) for chain in chains for step in chain}
    assert aims == {
        ("prune-channels", "weights"), ("dense-svd", "weights"), ("spatial-svd", "macs"),
    }  # fmt: skip


def test_several_techniques_are_tried_alone_in_pairs_and_in_the_order_given() -> None:
    given = ("spatial-svd", "prune-channels", "dense-svd")
    chains = make_chains(given, MODELS["flatten"], "size")
    assert {tuple(step.technique for step in chain) for chain in chains} == {
        *((name,) for name in given), given[:2], (given[0], given[2]), given,
    }  # fmt: skip


def test_technique_without_a_factor_is_one_chain() -> None:
    assert make_chains(["fold"], MODELS["dense"], "size") == ((Step("fold"),),)


def test_training_for_int8_ends_a_chain_and_takes_no_share_of_the_strength() -> None:
    given = ("prune-channels", "spatial-svd", "qat")
    known = {**MODELS["convolutions"], "qat": {"macs": 1.0, "weights": 1.0}}
    chains = {c for c in make_chains(given, known, "size") if c[-1] == Step("qat")}
    assert {tuple(step.technique for step in chain) for chain in chains} == {
        ("qat",), ("prune-channels", "qat"), given,
    }  # fmt: skip
    pruned = {chain[0].factor for chain in chains if len(chain) == 2}
    alone = {c[0].factor for c in make_chains(given[:1], known, "size")}
    assert pruned == alone
    first = make_chains(given[::-1], known, "size")
    assert {len(chain) for chain in first} == {1}, "nothing follows qat"


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("goal", ["size", "accuracy", "speed"])
def test_no_step_is_out_of_reach_and_the_strongest_reach_far(model: Kind, goal: Any) -> None:
    known = MODELS[model]
    chains = make_chains(default_techniques(known, goal), known, goal)
    assert len(set(chains)) == len(chains)
    for step in (step for chain in chains for step in chain):
        assert 1 / step.factor > 1 - known[step.technique][step.of]
    counted = "macs" if goal == "speed" else "weights"
    reached = []
    for chain in chains:
        product = 1.0
        for step in chain:
            product *= step.factor if step.of == counted else 1
        reached.append(product)
    assert max(reached) >= (6.5 if model == "flatten" else 4)
