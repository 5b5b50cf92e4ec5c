from __future__ import annotations

from tinydeploy.chain.trial import Stage, Step, Trial, taught_by
from tinydeploy.compress.fit import Fit

PRUNE, SPATIAL = Step("prune-channels", 2.0), Step("spatial-svd", 1.5)
BASELINE = Fit(7, 1e-3, augmentation="flip", seed=4)
COACHES = tuple(Fit(7, 1e-3, augmentation="flip", seed=seed) for seed in (4, 5, 6))


def seeds(teachers: tuple[tuple[Stage, ...], ...]) -> list[int]:
    """Of teachers that were trained all."""
    return [stage.fit.seed for ((stage),) in teachers]


def test_a_trained_original_and_others_like_it_teach_in_each_seed() -> None:
    trained = (Stage(PRUNE, Fit(3, seed=4)), Stage(SPATIAL, Fit(9, seed=4), coaches=COACHES))
    trial = Trial((Stage(None, BASELINE), *trained))
    for seed, wanted in ((4, [4, 5, 6]), (5, [5, 4, 6]), (6, [6, 4, 5]), (7, [7, 4, 5])):
        assert seeds(taught_by(trial.with_seed(seed).stages)) == wanted


def test_a_model_as_it_is_and_others_trained_on_from_it_teach() -> None:
    original, *others = taught_by((Stage(SPATIAL, Fit(9), coaches=COACHES),))
    assert original == ()
    assert seeds(tuple(others)) == [4, 5]


def test_teachers_of_a_trial_are_those_of_all_its_trainings() -> None:
    stages = (
        Stage(PRUNE, Fit(3), coaches=COACHES[:2]),
        Stage(SPATIAL, Fit(9), coaches=COACHES),
    )
    trial = Trial((Stage(None, BASELINE), *stages))
    assert seeds(tuple(teacher.stages for teacher in trial.teachers)) == [4, 5, 4, 5, 6]
    assert Trial((Stage(None, BASELINE),)).teachers == ()
    assert Trial((Stage(PRUNE, Fit(0), coaches=COACHES),)).teachers == ()


def test_nobody_teaches_where_no_training_follows() -> None:
    stage = Stage(Step("equalize"), Fit(9), coaches=COACHES)
    assert taught_by((Stage(None, BASELINE), stage)) == ()


def test_without_coaches_the_original_teaches_alone() -> None:
    baseline = Stage(None, BASELINE)
    for coaches in ((), (BASELINE,)):
        assert taught_by((baseline, Stage(SPATIAL, Fit(9), coaches=coaches))) == ((baseline,),)
