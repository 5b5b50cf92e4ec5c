from __future__ import annotations

from tinydeploy.chain.trial import ORIGINAL_RATE, Stage, Step, Trial, taught_by
from tinydeploy.compress.fit import Fit

PRUNE, SPATIAL = Step("prune-channels", 2.0), Step("spatial-svd", 1.5)
BASELINE = Stage(None, Fit(7, 1e-3, augmentation="flip", seed=4))


def test_coaches_of_a_trained_original_are_it_with_other_seeds() -> None:
    stages = (BASELINE, Stage(PRUNE, Fit(3, seed=4)), Stage(SPATIAL, Fit(9, seed=4), coaches=2))
    original, *coaches = taught_by(stages)
    assert original == (BASELINE,)
    others = (Fit(7, 1e-3, augmentation="flip", seed=seed) for seed in (5, 6))
    assert coaches == [(Stage(None, fit),) for fit in others]


def test_coaches_of_a_model_as_it_is_are_it_trained_on() -> None:
    stage = Stage(SPATIAL, Fit(9, 1e-2, augmentation="shift"), coaches=1)
    original, ((step, fit),) = (
        [(stage.step, stage.fit) for stage in stages] for stages in taught_by((stage,))
    )
    assert (original, step) == ([], None)
    assert (fit.epochs > 0, fit.learning_rate) == (True, ORIGINAL_RATE)
    assert (fit.augmentation, fit.seed) == ("shift", 1)


def test_teachers_of_a_trial_are_those_of_all_its_trainings() -> None:
    stages = (Stage(PRUNE, Fit(3), coaches=1), Stage(SPATIAL, Fit(9), coaches=2))
    trial = Trial((BASELINE, *stages))
    seeds = [teacher.stages[0].fit.seed for teacher in trial.teachers]
    assert seeds == [4, 1, 4, 1, 2]
    assert Trial((BASELINE,)).teachers == ()
    assert Trial((Stage(PRUNE, Fit(0), coaches=2),)).teachers == ()


def test_nobody_teaches_where_no_training_follows() -> None:
    assert taught_by((BASELINE, Stage(Step("equalize"), Fit(9), coaches=2))) == ()
