"""The search against a pool that computes what trials cost and how they end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinydeploy.chain.choose import TRAINED_FULL, TRAINED_IN_ALL, TRAINED_SHORT, last_chains
from tinydeploy.chain.limits import Limits
from tinydeploy.chain.search import Found, Plan, search
from tinydeploy.chain.trial import Figures, Outcome, Setting, Stage, Step, Trial, lessons
from tinydeploy.compress.fit import Fit
from tinydeploy.config import Optimize
from tinydeploy.errors import (
    CalibrationError,
    DoesNotFitError,
    OutputError,
    TinydeployError,
    UnsupportedModelError,
    UsageError,
)

SHARES: Any = {
    name: {"macs": 0.95, "weights": 0.95}
    for name in ("prune-channels", "spatial-svd", "channel-svd", "dense-svd", "fold", "equalize")
}
WEIGHTS = 100_000
MODEL = Path("model.keras")
PLAN = Plan("size", baseline=Fit(0), between=Fit(1), short=Fit(1), full=Fit(9), as_int8=Fit(2))
PLAN_WITH_SEEDS = replace(PLAN, seeds=(0, 1, 2), baseline=Fit(5))


def strength(trial: Trial) -> float:
    return math.prod(step.factor for step in trial.steps)


def usual_accuracy(trial: Trial) -> float:
    """Each halving costs a point; a short training brings less of it back."""
    lost = 0.01 * math.log2(strength(trial))
    return 0.9 - (3 * lost if trial.judge == "selection" else lost)


@dataclass
class FakePool:
    """Trials that end at once. `ends` gives the error of a trial, or None."""

    accuracy: Callable[[Trial], float] = usual_accuracy
    ends: Callable[[Trial], TinydeployError | None] = lambda trial: None
    fits: Callable[[Trial], bool] = lambda trial: True
    least_bytes: int = 0
    ran: list[Trial] = field(default_factory=list)
    trained_together: list[list[Trial]] = field(default_factory=list)
    asked: list[tuple[tuple[Stage, ...], int]] = field(default_factory=list)

    def survey(self, setting: Setting) -> dict[str, Any]:
        return dict(SHARES)

    def augmentation(self, setting: Setting) -> str:
        return "flip"

    def train(self, setting: Setting, trials: Sequence[Trial], step: Any) -> None:
        self.trained_together.append(list(trials))

    def ask(self, setting: Setting, trials: Sequence[Trial], step: Any) -> None:
        self.asked += lessons(trials)

    def run(
        self, setting: Setting, trials: Sequence[Trial], step: Any = None
    ) -> list[Outcome | TinydeployError]:
        self.ran += trials
        return [self.ends(trial) or self._outcome(trial) for trial in trials]

    def _outcome(self, trial: Trial) -> Outcome:
        size = max(round(WEIGHTS / strength(trial)), self.least_bytes)
        accuracy = self.accuracy(trial) if trial.samples else None
        if not self.fits(trial):  # what is predicted then has no code in it
            return Outcome(trial, Figures(size, size, size, size // 2, size, accuracy), MODEL)
        figures = Figures(size, size, size, size, size, accuracy, instructions=size)
        return Outcome(trial, figures, MODEL)

    def trained(self, epochs: int) -> list[Trial]:
        """The trials that ended in a training of so many epochs."""
        return [t for t in self.ran if t.steps and t.stages[-1].fit.epochs == epochs]


@pytest.fixture
def setting(tmp_path: Path) -> Setting:
    return Setting(tmp_path, tmp_path, None, "host", Optimize.SPEED, tmp_path / "store", 0, "0")


@pytest.mark.parametrize(
    ("goal", "winner"), [("size", "smallest"), ("accuracy", "most accurate"), ("speed", "fastest")]
)
def test_winner_is_trained_with_every_seed_and_the_baseline_too(
    setting: Setting, goal: Any, winner: str
) -> None:
    pool = FakePool(lambda t: usual_accuracy(t) + 0.001 * t.stages[0].fit.seed)
    found = search(setting, replace(PLAN_WITH_SEEDS, goal=goal), Limits(), pool)
    for outcome in (found.baseline, found.winners[winner]):
        first = outcome.figures.accuracy or 0
        assert outcome.accuracies == pytest.approx((first, first + 0.001, first + 0.002))
        assert outcome.accuracy == pytest.approx(first + 0.001)
        assert outcome.accuracy_std == pytest.approx(0.001)
    seeds = {stage.fit.seed for stage in pool.ran[-1].stages}
    assert seeds == {2}, "every training of a seed's trial begins from it"


def test_the_original_and_its_coaches_are_trained_together_and_first(setting: Setting) -> None:
    pool = FakePool()
    coaches = tuple(replace(PLAN_WITH_SEEDS.baseline, seed=seed) for seed in range(3))
    search(setting, replace(PLAN_WITH_SEEDS, coaches=coaches), Limits(), pool)
    assert [trial.stages[0].fit.seed for trial in pool.trained_together[0]] == [0, 1, 2]
    assert {view for _, view in pool.asked} == {0}, "all images are seen as they are"
    taught = [trial for trial in pool.trained(9) if trial.stages[-1].fit.seed == 0]
    teachers = {teacher.stages for trial in taught for teacher in trial.teachers}
    assert teachers == {trial.stages for trial in pool.trained_together[0]}


def test_mean_decides_and_not_a_lucky_seed(setting: Setting) -> None:
    def only_lucky_once(trial: Trial) -> float:
        unlucky = trial.judge == "test" and strength(trial) > 4 and trial.stages[-1].fit.seed > 0
        return usual_accuracy(trial) - (0.2 if unlucky else 0)

    once = search(setting, PLAN, Limits(), FakePool(only_lucky_once))
    assert strength(once.winners["smallest"].trial) > 4
    found = search(setting, PLAN_WITH_SEEDS, Limits(), FakePool(only_lucky_once))
    assert strength(found.winners["smallest"].trial) <= 4
    assert len(found.winners["smallest"].accuracies) == 3


def test_candidate_that_fails_with_a_seed_is_no_winner(setting: Setting) -> None:
    def diverges(trial: Trial) -> TinydeployError | None:
        is_hit = bool(trial.steps) and strength(trial) > 4 and trial.stages[-1].fit.seed == 1
        return CalibrationError("the training diverged") if is_hit else None

    found = search(setting, PLAN_WITH_SEEDS, Limits(), FakePool(ends=diverges))
    assert strength(found.winners["smallest"].trial) <= 4
    assert "the training diverged" in {reason for _, reason in found.failed}


def test_a_late_round_that_fails_as_a_whole_loses_nothing(setting: Setting) -> None:
    def with_another_seed(trial: Trial) -> TinydeployError | None:
        is_hit = bool(trial.steps) and strength(trial) > 4 and trial.stages[-1].fit.seed == 1
        return CalibrationError("the training diverged") if is_hit else None

    found = search(setting, replace(PLAN, seeds=(0, 1)), Limits(), FakePool(ends=with_another_seed))
    assert 1 < strength(found.winners["smallest"].trial) <= 4

    def between_strengths(trial: Trial) -> TinydeployError | None:
        is_hit = bool(trial.steps) and strength(trial) not in {1.5, 2.1, 2.6, 3.2, 4.0}
        return CalibrationError("the training diverged") if is_hit else None

    plan = replace(PLAN, techniques=("spatial-svd",))
    pool = FakePool(lambda t: 0.9 - 0.012 * math.log2(strength(t)), ends=between_strengths)
    found = search(setting, plan, Limits(accuracy_drop=0.02), pool)
    assert strength(found.winners["smallest"].trial) == 2.6
    names = [name for name, _ in found.failed]
    assert names
    assert len(names) == len(set(names)), "what has failed is not asked again"


@pytest.mark.parametrize("goal", ["size", "speed"])
def test_what_has_no_room_on_the_board_never_wins(setting: Setting, goal: Any) -> None:
    pool = FakePool(fits=lambda t: "dense-svd" not in str(t) and strength(t) >= 1.5)
    found = search(setting, replace(PLAN, goal=goal), Limits(accuracy_drop=0.05), pool)
    assert all(winner.fits_board for winner in found.winners.values())
    with pytest.raises(DoesNotFitError, match=r"closest: .* \(no room on the board\)"):
        search(setting, replace(PLAN, goal=goal), Limits(), FakePool(fits=lambda t: False))


def test_no_allowed_loss_still_trains_several_in_full(setting: Setting) -> None:
    pool = FakePool(lambda t: usual_accuracy(t) + (0.05 if t.judge == "test" and t.steps else 0))
    found = search(setting, PLAN, Limits(accuracy_drop=0), pool)
    assert len(pool.trained(9)) == TRAINED_FULL == len(as_float(found))


def test_chains_that_end_in_the_same_model_are_trained_once(setting: Setting) -> None:
    pool = FakePool(least_bytes=WEIGHTS // 2)  # ÷2.1, ÷3 and ÷4 all end there
    search(setting, replace(PLAN, techniques=("spatial-svd",)), Limits(), pool)
    assert sorted(strength(trial) for trial in pool.trained(1)) == [1.5, 2.1]


def test_strong_pruning_is_trained_in_rounds_and_not_estimated_so(setting: Setting) -> None:
    pool = FakePool()
    search(setting, replace(PLAN, techniques=("prune-channels",)), Limits(), pool)
    rounds = {t.steps[0].factor: t.stages[0].rounds for t in pool.trained(1)}
    assert rounds == {1.5: 1, 2.1: 2, 2.6: 2, 3.2: 3, 4.0: 3}
    assert {t.stages[0].rounds for t in pool.trained(0)} == {1}


def test_what_is_not_trained_after_leaves_the_full_training_to_the_step_before(
    setting: Setting,
) -> None:
    pool = FakePool()
    search(setting, replace(PLAN, techniques=("prune-channels", "equalize")), Limits(), pool)
    chained = [t.stages for t in pool.trained(9) if len(t.steps) == 2]
    assert chained
    assert {stages[0].fit.epochs for stages in chained} == {9}


def test_technique_for_the_accuracy_alone_needs_no_gain_in_size(setting: Setting) -> None:
    found = search(setting, replace(PLAN, techniques=("equalize",)), Limits(), FakePool())
    assert str(found.winners["smallest"].trial) == "equalize"
    with pytest.raises(DoesNotFitError, match="gains nothing"):
        search(setting, replace(PLAN, techniques=("fold",)), Limits(), FakePool())


def test_short_trained_chains_are_told_apart(setting: Setting) -> None:
    found = search(setting, PLAN, Limits(), FakePool())
    assert found.short
    assert {o.trial.judge for o in found.short} == {"selection"}
    assert not {o.trial.steps for o in found.short} & {o.trial.steps for o in found.finished}


@pytest.mark.parametrize("lost", [0.004, 0.04])
def test_bolder_ones_follow_as_the_first_came_out(setting: Setting, lost: float) -> None:
    """A halving loses so much in the end; after a short training it is always 4 points."""

    def accuracy(trial: Trial) -> float:
        halvings = math.log2(strength(trial))
        return 0.9 - (0.04 if trial.judge == "selection" else lost) * halvings

    found = search(setting, PLAN, Limits(accuracy_drop=0.03), FakePool(accuracy))
    bold, safe, *later = (strength(outcome.trial) for outcome in as_float(found))
    assert bold > safe
    assert len(later) == (TRAINED_FULL - 2 if lost < 0.01 else 0)
    assert (max(later, default=0) > bold) == (lost < 0.01)
    good = [s for s in (bold, safe, *later) if lost * math.log2(s) <= 0.03]
    assert strength(found.winners["smallest"].trial) == max(good)


def test_safer_ones_follow_where_none_is_within_the_limits(setting: Setting) -> None:
    """A halving loses 3.05 points after a short training; in the end only ÷1.5 loses nothing."""

    def accuracy(trial: Trial) -> float:
        if trial.judge == "selection":
            return 0.9 - 0.0305 * math.log2(strength(trial))
        return 0.9 if strength(trial) <= 1.5 else 0.8

    found = search(setting, PLAN, Limits(accuracy_drop=0.03), FakePool(accuracy))
    bold, safe, *later = (strength(outcome.trial) for outcome in as_float(found))
    assert bold > safe > min(later)
    assert len(later) == TRAINED_FULL - 2
    assert strength(found.winners["smallest"].trial) == min(later) == 1.5


def test_last_ones_lie_between_the_best_and_what_lost_too_much(setting: Setting) -> None:
    """÷1.5 keeps all, ÷4 loses 6 points: nothing tells of the strengths between but the end."""

    def accuracy(trial: Trial) -> float:
        if trial.judge == "selection":
            return 0.9 - 0.001 * strength(trial)
        return 0.9 - 0.06 * math.log(max(strength(trial), 1.5) / 1.5) / math.log(4 / 1.5)

    plan = replace(PLAN, techniques=("spatial-svd",))
    found = search(setting, plan, Limits(accuracy_drop=0.03), FakePool(accuracy))
    *_, first, second = (strength(outcome.trial) for outcome in found.finished)
    best = strength(found.winners["smallest"].trial)
    assert 1.5 < min(first, second) < max(first, second) == best
    assert accuracy(found.winners["smallest"].trial) >= 0.9 - 0.03
    again = search(setting, replace(plan, goal="accuracy"), Limits(), FakePool(accuracy))
    assert {strength(o.trial) for o in again.finished}.isdisjoint({first, second})


def test_each_sequence_of_techniques_is_tried_and_with_as_many_epochs(setting: Setting) -> None:
    pool = FakePool()
    plan = replace(PLAN, techniques=("prune-channels", "spatial-svd"), short=Fit(3))
    search(setting, plan, Limits(), pool)
    tried = [t for t in pool.ran if t.steps and t.judge == "selection" and t.samples]
    assert len(tried) == TRAINED_SHORT
    names = Counter(tuple(step.technique for step in trial.steps) for trial in tried)
    pair = ("prune-channels", "spatial-svd")
    assert sorted(names.items()) == [(pair[:1], 3), (pair, 3), (pair[1:], 2)]
    assert {(len(t.steps), t.stages[-1].fit.epochs) for t in tried} == {(1, 6), (2, 3)}


@pytest.mark.parametrize(
    ("flash_bytes", "lightest"), [(None, [1.45, 1.7, 2.1]), (41_000, [2.51, 2.6, 3.2])]
)
def test_for_the_accuracy_the_lightest_within_the_limits_are_tried(
    setting: Setting, flash_bytes: int | None, lightest: list[float]
) -> None:
    pool = FakePool()
    plan = replace(PLAN, goal="accuracy", techniques=("spatial-svd",))
    found = search(setting, plan, Limits(flash_bytes=flash_bytes), pool)
    tried = [t for t in pool.ran if t.steps and t.judge == "selection" and t.samples]
    assert sorted(strength(trial) for trial in tried) == lightest
    assert strength(found.winners["most accurate"].trial) == lightest[0]


def test_no_safer_one_is_trained_once_the_boldest_has_won(setting: Setting) -> None:
    """÷10 is the strongest that there is: nothing that loses less can be smaller."""
    pool = FakePool(lambda t: 0.9 - 0.001 * math.log2(strength(t)))
    found = search(setting, PLAN, Limits(accuracy_drop=0.03), pool)
    assert len(pool.trained(9)) < TRAINED_FULL
    assert strength(found.winners["smallest"].trial) > 9
    pool = FakePool(lambda t: 0.9 - 0.001 * math.log2(strength(t)))
    search(setting, replace(PLAN, goal="accuracy"), Limits(accuracy_drop=0.03), pool)
    assert len(pool.trained(9)) == TRAINED_FULL


def test_most_accurate_is_trained_as_int8_computes_and_wins_by_it(setting: Setting) -> None:
    plan = replace(PLAN_WITH_SEEDS, goal="accuracy")
    pool = FakePool(lambda t: usual_accuracy(t) + (0.01 if is_for_int8(t) else 0))
    found = search(setting, plan, Limits(), pool)
    best = found.winners["most accurate"]
    assert is_for_int8(best.trial)
    assert len(best.accuracies) == 3
    others = as_float(found)
    assert best.trial.stages[:-1] == max(others, key=lambda o: o.accuracy).trial.stages
    pool = FakePool()
    search(setting, replace(plan, techniques=("spatial-svd",)), Limits(), pool)
    assert not any(is_for_int8(trial) for trial in pool.ran), "the user chose the techniques"


@pytest.mark.parametrize("won_back", [0.006, 0.0])
def test_what_lost_a_little_too_much_is_trained_as_int8_computes(
    setting: Setting, won_back: float
) -> None:
    """Up to ÷2 loses nothing, all above a third of a point more than the 3 that may go."""

    def accuracy(trial: Trial) -> float:
        lost = 0.0 if strength(trial) <= 2 else 0.0335
        return 0.9 - lost + (won_back if is_for_int8(trial) else 0)

    pool = FakePool(accuracy)
    found = search(setting, PLAN, Limits(accuracy_drop=0.03), pool)
    assert len([trial for trial in pool.ran if is_for_int8(trial)]) == 2
    assert (strength(found.winners["smallest"].trial) > 2) == bool(won_back)


@pytest.mark.parametrize(("int8_follows", "shares"), [(True, (1.0, 0.85)), (False, (0.85, 0.7))])
def test_all_that_may_go_is_lost_before_training_as_int8_wins_some_back(
    int8_follows: bool, shares: tuple[float, float]
) -> None:
    """÷1.5 keeps all, ÷4 loses 6 points where 3 may go."""
    done, limits = [judged(1.5, 0), judged(4, 0.06)], Limits(accuracy_drop=0.03)
    original = judged(1, 0)
    last = last_chains(done, done, (original, original), "size", limits, int8_follows=int8_follows)
    losses = [0.06 * math.log(steps[0].factor / 1.5) / math.log(4 / 1.5) for steps in last]
    assert losses == pytest.approx([share * 0.03 for share in shares], abs=3e-4)


@pytest.mark.parametrize(
    ("at_first", "factors"),
    [((0, 0.08), (4, 3.67)), ((0, 0.4), (3.1, 2.9)), ((0.2, 0.2), (4,))],
    ids=["2.8 points at most", "4.7 points at most", "no more"],
)
def test_stronger_ones_than_any_that_was_trained_in_full_are_reckoned_with(
    at_first: tuple[float, float], factors: tuple[float, ...]
) -> None:
    """÷2.45, half-way from ÷1.5 to ÷4, is the strongest, and loses 1.4 of the 3 that may go."""
    mild, strong = at_first
    tried = [judged(1.5, mild), judged(4, strong)]
    done, original = [judged(2.45, 0.014)], judged(1, 0)
    last = last_chains(
        tried, done, (original, original), "size", Limits(accuracy_drop=0.03), int8_follows=True
    )
    assert [steps[0].factor for steps in last] == pytest.approx(factors, rel=0.05)


def test_strongest_that_loses_too_much_shows_what_may_be_lost(setting: Setting) -> None:
    """Of ÷4 a short training, and how ÷1.5 recovered, promise more than is so."""
    strengths, in_the_end = [math.log(s) for s in (1.5, 2.5, 4)], [0, 0.014, 0.057]

    def accuracy(trial: Trial) -> float:
        if {step.technique for step in trial.steps} - {"spatial-svd", "qat"}:
            return 0.9 - 0.035 * math.log2(strength(trial))
        reached = math.log(strength(trial))
        if trial.judge == "selection":
            return 0.9 - 0.088 * (reached - strengths[0]) / (strengths[2] - strengths[0])
        return 0.9 - float(np.interp(reached, strengths, in_the_end))

    pool = FakePool(accuracy)
    plan = replace(PLAN, techniques=("prune-channels", "spatial-svd"))
    found = search(setting, plan, Limits(accuracy_drop=0.03), pool)
    full = [strength(trial) for trial in pool.trained(9)]
    assert max(full) == 4
    assert len(full) <= TRAINED_IN_ALL + 1
    assert 2 < strength(found.winners["smallest"].trial) < 3


def test_larger_ones_than_the_most_accurate_are_trained_too() -> None:
    """÷2 turned out best, though what is larger looked worse after a few epochs."""
    tried = [judged(1.2, 0.1), judged(1.4, 0.08), judged(1.7, 0.09), judged(2, 0.05), judged(3, 0)]
    done, original = [judged(2, 0.01), judged(3, 0.02)], judged(1, 0)
    last = last_chains(tried, done, (original, original), "accuracy", Limits())
    assert [steps[0].factor for steps in last] == [1.4, 1.7]


def judged(factor: float, lost: float) -> Outcome:
    size = round(WEIGHTS / factor)
    figures = Figures(size, size, size, size, size, 0.9 - lost, instructions=size)
    trial = Trial((Stage(Step("spatial-svd", factor), Fit(9)),))
    return Outcome(trial, figures, MODEL, accuracies=(0.9 - lost,))


def test_what_cannot_be_trained_as_int8_wins_without(setting: Setting) -> None:
    def refuses(trial: Trial) -> TinydeployError | None:
        return UnsupportedModelError("no ranges for a GRU") if is_for_int8(trial) else None

    plan = replace(PLAN, goal="accuracy")
    found = search(setting, plan, Limits(), FakePool(ends=refuses))
    assert found.winners["most accurate"].trial.steps
    assert "no ranges for a GRU" in {reason for _, reason in found.failed}


def as_float(found: Found) -> list[Outcome]:
    """What was trained in full, and no further as int8 computes."""
    return [outcome for outcome in found.finished if not is_for_int8(outcome.trial)]


def is_for_int8(trial: Trial) -> bool:
    return bool(trial.steps) and trial.steps[-1].technique == "qat"


def test_strength_between_two_that_were_tried_is_what_the_drop_allows(setting: Setting) -> None:
    def accuracy(trial: Trial) -> float:
        return 0.9 - (0.04 if trial.judge == "selection" else 0.02) * math.log2(strength(trial))

    plan = replace(PLAN, techniques=("prune-channels",))
    found = search(setting, plan, Limits(accuracy_drop=0.0335), FakePool(accuracy))
    assert 2.6 < strength(found.winners["smallest"].trial) < 3.2


@pytest.mark.parametrize("goal", ["size", "speed"])
def test_smallest_within_the_allowed_loss_is_found(setting: Setting, goal: Any) -> None:
    found = search(setting, replace(PLAN, goal=goal), Limits(accuracy_drop=0.03), FakePool())
    smallest = found.winners["smallest"]
    assert smallest.accuracy >= found.baseline.accuracy - 0.03
    assert strength(smallest.trial) > 4, "÷8 would lose 3 points"


def test_chain_out_of_reach_is_noted_and_a_full_disk_ends_the_search(setting: Setting) -> None:
    def ends(error: TinydeployError) -> Callable[[Trial], TinydeployError | None]:
        return lambda t: error if t.steps and strength(t) > 3.5 else None

    found = search(setting, PLAN, Limits(), FakePool(ends=ends(UsageError("out of reach"))))
    assert {reason for _, reason in found.failed} == {"out of reach"}
    with pytest.raises(OutputError, match="full"):
        search(setting, PLAN, Limits(), FakePool(ends=ends(OutputError("the disk is full"))))


def test_limit_that_none_meets_shows_the_closest(setting: Setting) -> None:
    with pytest.raises(DoesNotFitError, match=r"closest: prune-channels ÷3.* \(max-flash ×10"):
        search(setting, PLAN, Limits(flash_bytes=1000), FakePool())
    with pytest.raises(DoesNotFitError, match=r"within 0\.0% .* 90\.0%; the closest: .*: 89"):
        search(setting, PLAN, Limits(accuracy_drop=0), FakePool())


def test_limit_that_training_breaks_is_named(setting: Setting) -> None:
    """Pruned in rounds a model may end a little larger than in one go, as it was estimated."""

    class Growing(FakePool):
        def _outcome(self, trial: Trial) -> Outcome:
            outcome = super()._outcome(trial)
            if trial.judge == "selection" or not trial.steps:
                return outcome
            grown = replace(outcome.figures, flash_bytes=50_000)
            return replace(outcome, figures=grown)

    with pytest.raises(DoesNotFitError, match=r"the limits and .*\(max-flash ×1\.1") as error:
        search(setting, PLAN, Limits(flash_bytes=45_000), Growing())
    assert "Raise the limits" in error.value.hint


def test_technique_with_too_little_to_cut_is_named_with_what_it_holds(setting: Setting) -> None:
    pool = FakePool()
    shares = {**SHARES, "dense-svd": {"macs": 0.1, "weights": 0.2}}
    pool.survey = lambda setting: shares  # type: ignore[method-assign]
    with pytest.raises(UsageError, match="dense-svd: layers with 20% of the weights and 10%"):
        search(setting, replace(PLAN, techniques=("dense-svd",)), Limits(), pool)


def test_what_is_predicted_to_lose_too_much_is_not_trained_in_full(setting: Setting) -> None:
    """A point may go. ÷4 loses 1.2 in the end, ÷1.5 only 0.2; what lies between follows."""

    def accuracy(trial: Trial) -> float:
        halvings = math.log2(strength(trial))
        return 0.9 - (0.012 if trial.judge == "selection" else 0.006) * halvings

    plan = replace(PLAN, techniques=("prune-channels",))
    found = search(setting, plan, Limits(accuracy_drop=0.01), FakePool(accuracy))
    best = found.winners["smallest"]
    assert 2.6 < strength(best.trial) < 3.2
    assert best.accuracy >= 0.89


def test_augmentation_is_what_the_original_sees_through_unless_one_is_asked_for(
    setting: Setting,
) -> None:
    asked = {"auto": "flip", "none": "none"}
    for name, expected in asked.items():
        pool = FakePool()
        plan = replace(PLAN, baseline=Fit(5)).augmented(name)
        found = search(setting, plan, Limits(), pool)
        assert found.augmentation == expected
        assert {s.fit.augmentation for t in pool.ran for s in t.stages} == {expected}
