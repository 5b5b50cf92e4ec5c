"""Rules that choose the ranks of all layers of a model."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tinydeploy.compress.low_rank.evbmf import evbmf_rank
from tinydeploy.compress.low_rank.factorization import Factorization, Ranks
from tinydeploy.compress.size import MACS, Size
from tinydeploy.errors import UsageError

_HALVINGS = 40


def energy_lost(factorization: Factorization, ranks: Ranks) -> float:
    """The share of energy that is lost, over all ranks."""
    kept = 1.0
    for spectrum, rank in zip(factorization.spectra, ranks, strict=True):
        energy = spectrum.values**2
        kept *= float(energy[:rank].sum() / max(energy.sum(), 1e-30))
    return 1 - kept


Loss = Callable[[Factorization, Ranks], float]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A layer that can be taken apart, its size as the rule counts it, and that at any ranks."""

    factorization: Factorization
    size: int
    cost: Callable[[Ranks], int]

    def ranks_within(self, budget: float) -> Ranks:
        """Return the largest ranks whose cost is within `budget`; the smallest if none is."""
        steps = self.factorization.steps()
        return steps[max(bisect_right(steps, budget, key=self.cost) - 1, 0)]

    def step_after(self, ranks: Ranks) -> Ranks:
        """Return the next larger ranks; the full ones are the last."""
        steps = self.factorization.steps()
        return steps[min(steps.index(ranks) + 1, len(steps) - 1)]


@dataclass(frozen=True, slots=True)
class Energy:
    """Each layer keeps `share` (0 to 1] of the sum of its squared singular values."""

    share: float
    size: ClassVar[Size] = MACS

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UsageError(f"energy {self.share} is not a share", "Choose above 0 and up to 1.")

    def ranks(self, candidates: Sequence[Candidate], model_size: int) -> list[Ranks]:
        spectra = [candidate.factorization.spectra for candidate in candidates]
        return [tuple(one.rank_of_energy(self.share) for one in each) for each in spectra]


@dataclass(frozen=True, slots=True)
class Evbmf:
    """Each layer keeps the singular values that stand out of noise, and at least one."""

    size: ClassVar[Size] = MACS

    def ranks(self, candidates: Sequence[Candidate], model_size: int) -> list[Ranks]:
        spectra = [candidate.factorization.spectra for candidate in candidates]
        if any(not one.shape for each in spectra for one in each):
            raise UsageError(
                "EVBMF estimates the ranks of matrices, and "
                f"{candidates[0].factorization.NAME} uses none",
                "Choose ranks by energy or by a factor of MACs.",
            )
        return [tuple(max(evbmf_rank(one), 1) for one in each) for each in spectra]


@dataclass(frozen=True, slots=True)
class MacFactor:
    """The whole model gets `factor` times fewer MACs, or a little more than that.

    All layers are cut by the same factor, as nearly as whole ranks allow; layers that the method
    leaves alone make it larger.
    """

    factor: float
    size: ClassVar[Size] = MACS

    def __post_init__(self) -> None:
        _check_factor(self.factor, self.size)

    def ranks(self, candidates: Sequence[Candidate], model_size: int) -> list[Ranks]:
        target = model_size / self.factor
        fixed = model_size - sum(candidate.size for candidate in candidates)

        def cut(share: float) -> list[Ranks]:
            return [c.ranks_within(share * c.size) for c in candidates]

        def total(chosen: Sequence[Ranks]) -> int:
            # A layer that would not get cheaper is left alone.
            pairs = zip(candidates, chosen, strict=True)
            return fixed + sum(min(c.cost(ranks), c.size) for c, ranks in pairs)

        _check_reach(self.factor, self.size, model_size, total(cut(0)))
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if total(cut(middle)) <= target else (low, middle)
        chosen = cut(low)
        # Equal layers step together, which can leave much of the budget: one step more, where one
        # layer alone can have it.
        for index, candidate in enumerate(candidates):
            larger = [*chosen]
            larger[index] = candidate.step_after(chosen[index])
            chosen = larger if total(larger) <= target else chosen
        return chosen


@dataclass(frozen=True, slots=True)
class Balanced:
    """The whole model gets `factor` times smaller; where it hurts least, most is cut.

    A cut hurts by its `loss`, the share of a layer's energy that it loses, or what it measurably
    does to the model's outputs (output_change.OutputChange). The sum over the layers is the
    least that there is for its size (a Lagrange multiplier is the price of a MAC, or of a byte); a
    layer whose every cut costs more than it saves is left alone. Ranks above `multiple` are
    multiples of it, as fast kernels take several channels at a time.
    """

    factor: float
    size: Size = MACS
    multiple: int = 1
    loss: Loss = energy_lost

    def __post_init__(self) -> None:
        _check_factor(self.factor, self.size)

    def ranks(self, candidates: Sequence[Candidate], model_size: int) -> list[Ranks]:
        target = model_size / self.factor
        fixed = model_size - sum(candidate.size for candidate in candidates)
        options = [_options(candidate, self.multiple, self.loss) for candidate in candidates]
        least = fixed + sum(min(option.size for option in layer) for layer in options)
        _check_reach(self.factor, self.size, model_size, least)

        def cheapest(price: float) -> list[_Option]:
            return [min(layer, key=lambda o: o.loss + price * o.size) for layer in options]

        def fits(price: float) -> bool:
            return fixed + sum(option.size for option in cheapest(price)) <= target

        low, high = 0.0, 1.0
        while not fits(high):
            high *= 2
        for _ in range(2 * _HALVINGS):
            middle = (low + high) / 2
            low, high = (low, middle) if fits(middle) else (middle, high)
        return [option.ranks for option in cheapest(high)]


@dataclass(frozen=True, slots=True)
class _Option:
    ranks: Ranks
    loss: float
    size: int


def _options(candidate: Candidate, multiple: int, loss: Loss) -> list[_Option]:
    """Every way to cut a layer that saves, and to leave it alone."""
    ways = [
        _Option(ranks, loss(candidate.factorization, ranks), candidate.cost(ranks))
        for ranks in candidate.factorization.steps()
        if all(rank <= multiple or rank % multiple == 0 for rank in ranks)
    ]
    alone = _Option(candidate.factorization.full_ranks, 0.0, candidate.size)
    return [alone, *(way for way in ways if way.size < candidate.size)]


def _check_factor(factor: float, size: Size) -> None:
    if not factor > 1:
        raise UsageError(
            f"{factor} times fewer {size.name} is no compression", "Choose a factor above 1."
        )


def _check_reach(factor: float, size: Size, before: int, least: int) -> None:
    if least * factor > before:
        reached = f"with the smallest ranks it has {before / max(least, 1):.2f} times fewer"
        raise UsageError(
            f"the model can't have {factor:g} times fewer {size.name} by these factorizations: "
            + (reached if least < before else "none makes a layer of it smaller"),
            "Choose a smaller factor, or another technique first.",
        )


Rule = Energy | Evbmf | MacFactor | Balanced
