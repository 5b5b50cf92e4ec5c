from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.unit.compress.agree import relative_error, samples_of
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fit import Fit, fit
from tinydeploy.compress.prune_weights import prune_weights
from tinydeploy.errors import UsageError


def test_smallest_weights_go_and_stay_away_in_training(residual_model: Any) -> None:
    pruned = prune_weights(residual_model, 4)
    zeros = {}
    for record in pruned.layers:
        before = residual_model.get_layer(record.name).get_weights()[0]
        after = pruned.model.get_layer(record.name).get_weights()[0]
        zeros[record.name] = after == 0
        assert np.mean(after == 0) == pytest.approx(0.75, abs=1 / after.size)
        assert np.abs(before[after == 0]).max() <= np.abs(before[after != 0]).min()
        assert record.weights_after == record.weights_before
        assert record.macs_after == record.macs_before
    samples = samples_of(residual_model, count=8)
    untrained = pruned.model.get_layer("last").get_weights()[0].copy()
    fit(pruned.model, Dataset(tuple(samples), np.arange(8) % 5), Fit(1, 1e-2))
    for name, zero in zeros.items():
        assert not pruned.model.get_layer(name).get_weights()[0][zero].any()
    assert np.any(pruned.model.get_layer("last").get_weights()[0] != untrained)


def test_factor_of_one_changes_nothing(residual_model: Any) -> None:
    assert relative_error(residual_model, prune_weights(residual_model, 1).model) == 0


def test_note_tells_what_it_does_not_gain(residual_model: Any) -> None:
    note = prune_weights(residual_model, 2).layers[0].note
    assert note.startswith("50% of the weights are 0; flash and instructions stay the same; zipped")


@pytest.mark.parametrize("factor", [0.5, -1, float("nan")])
def test_factor_below_one_is_refused(residual_model: Any, factor: float) -> None:
    with pytest.raises(UsageError, match="would be more"):
        prune_weights(residual_model, factor)
