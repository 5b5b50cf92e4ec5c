"""How much the outputs of a model change if one of its layers is cut: a sensitivity, measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tinydeploy.compress.low_rank.factorization import Factorization, Ranks
from tinydeploy.compress.low_rank.ranks import energy_lost
from tinydeploy.compress.observe import observe
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.errors import CalibrationError
from tinydeploy.ir.graph import Array

_MEASURED = 6


class OutputChange:
    """A loss for the rule Balanced: what each layer by itself costs a keras.Model.

    It is the mean squared change of the outputs for `samples`, one array for each input, as a share
    of their variance. A few ranks of each layer are measured; for those between, the energy that
    they lose says where between.

    Raises CalibrationError where samples don't fit, or the outputs are the same for all of them.
    """

    def __init__(self, model: Any, samples: Sequence[Array]) -> None:
        self._model, self._samples = model, list(samples)
        self._whole = self._outputs(model)
        self._variances = [float(np.var(output - output.mean(axis=0))) for output in self._whole]
        if not all(self._variances):
            raise CalibrationError(
                "the model says the same of all samples", "Give real samples of several kinds."
            )
        self._known: dict[str, tuple[list[float], list[float]]] = {}

    def __call__(self, factorization: Factorization, ranks: Ranks) -> float:
        name = factorization.layer.name
        if name not in self._known:
            self._known[name] = self._measure(name, factorization)
        return float(np.interp(energy_lost(factorization, ranks), *self._known[name]))

    def _measure(self, name: str, factorization: Factorization) -> tuple[list[float], list[float]]:
        """(shares of energy lost, changes), both from none to most."""
        steps = factorization.steps()
        picked = {round(place) - 1 for place in np.geomspace(1, len(steps), _MEASURED)}
        points = [(0.0, 0.0)]
        for ranks in (steps[index] for index in picked):
            cut = rewrite(self._model, {name: factorization.chain(ranks)}).model
            points.append((energy_lost(factorization, ranks), self._change(cut)))
        lost, changes = zip(*sorted(points), strict=True)
        # More than was lost before can't do less harm: it is chance, of so few samples.
        return list(lost), list(np.maximum.accumulate(changes))

    def _change(self, model: Any) -> float:
        pairs = zip(self._outputs(model), self._whole, self._variances, strict=True)
        return float(np.mean([np.mean((ours - whole) ** 2) / v for ours, whole, v in pairs]))

    def _outputs(self, model: Any) -> list[Array]:
        batches = observe(model, model.outputs, self._samples)
        return [np.concatenate(parts, dtype=np.float64) for parts in zip(*batches, strict=True)]
