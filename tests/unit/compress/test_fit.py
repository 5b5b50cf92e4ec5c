from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinydeploy.compress import fit as module
from tinydeploy.compress.augment import augmented
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fit import Fit, fit, float_accuracy, joint_accuracy, predict, usual_rate
from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.tensorflow_env import import_keras

CLASSES = 3
EPOCHS = 12


def classifier(seed: int) -> Any:
    keras = import_keras()
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Flatten(),
            layers.Dense(16, activation="relu"),
            layers.Dense(CLASSES, activation="softmax"),
        ]
    )


@pytest.fixture
def images() -> Dataset:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(240, 4, 4, 1)).astype(np.float32)
    return Dataset((x,), rng.integers(0, CLASSES, len(x)))


def test_student_learns_what_the_teacher_says_not_the_labels(images: Dataset) -> None:
    teacher, student = classifier(1), classifier(2)
    taught = Dataset(images.x, predict(teacher, images).argmax(axis=1))
    fit(student, images, Fit(60, 1e-2, distill=1.0, temperature=1.0), [teacher])
    assert float_accuracy(student, taught) > 0.8


def test_without_a_teacher_the_labels_teach(images: Dataset) -> None:
    teacher, student = classifier(1), classifier(2)
    taught = Dataset(images.x, predict(teacher, images).argmax(axis=1))
    fit(student, taught, Fit(60, 1e-2))
    assert float_accuracy(student, taught) > 0.9


def test_one_probability_is_taught_by_labels_and_by_teachers(images: Dataset) -> None:
    def binary(seed: int) -> Any:
        keras = import_keras()
        return keras.Sequential(
            [*classifier(seed).layers[:-1], keras.layers.Dense(1, activation="sigmoid")]
        )

    above = Dataset(images.x, (images.x[0].mean(axis=(1, 2, 3)) > 0).astype(np.int64))
    teacher, student = binary(1), binary(2)
    fit(teacher, above, Fit(40, 1e-2))
    assert float_accuracy(teacher, above) > 0.95
    others = Dataset(images.x, images.y % 2)
    fit(student, others, Fit(40, 1e-2, distill=1.0, temperature=1.0), [teacher])
    assert float_accuracy(student, above) > 0.95
    assert joint_accuracy([teacher, student], above) > 0.95


def test_a_rate_that_is_not_named_is_the_usual_one_for_so_many_samples(images: Dataset) -> None:
    def trained(rate: float | None, count: int) -> list[np.ndarray[Any, Any]]:
        student = classifier(2)
        fit(student, images.first(count), Fit(1, rate))
        return list(student.get_weights())

    for count in (60, 240):
        pairs = zip(trained(None, count), trained(usual_rate(count), count), strict=True)
        assert all(np.array_equal(ours, named) for ours, named in pairs)
    assert usual_rate(60) < usual_rate(240) < usual_rate(20_000) == usual_rate(10**6)


def test_dropout_follows_the_seed_and_not_what_was_drawn_before(images: Dataset) -> None:
    def trained(drawn_before: int) -> list[np.ndarray[Any, Any]]:
        keras = import_keras()
        keras.utils.set_random_seed(drawn_before)
        dropout = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Dropout(0.5)])
        model = keras.Sequential([*dropout.layers, *classifier(2).layers])
        fit(model, images, Fit(2, seed=5))
        return list(model.get_weights())

    for first, second in zip(trained(1), trained(2), strict=True):
        np.testing.assert_array_equal(first, second)


def test_several_teachers_say_the_mean_of_what_they_say(images: Dataset) -> None:
    teachers = [classifier(1), classifier(2)]
    answers: dict[int, Any] = {}
    fit(classifier(3), images, Fit(1), teachers, answers=answers)
    logits = [np.log(predict(teacher, images)) for teacher in teachers]
    assert np.allclose(answers[0], np.mean(logits, axis=0), atol=1e-4)
    taught = Dataset(images.x, answers[0].argmax(axis=1))
    assert joint_accuracy(teachers, taught) == 1
    assert float_accuracy(teachers[0], taught) < 1


@pytest.mark.parametrize(("augmentation", "times"), [("none", 1), ("flip-shift", 10)])
def test_the_teacher_answers_once_for_each_view(
    images: Dataset, monkeypatch: pytest.MonkeyPatch, augmentation: str, times: int
) -> None:
    teacher, asked = classifier(1), []

    def noting(model: Any, data: Dataset) -> Any:
        if model is teacher:
            asked.append(data.x[0])
        return predict(model, data)

    monkeypatch.setattr(module, "predict", noting)
    fit(classifier(2), images, Fit(EPOCHS, augmentation=augmentation), [teacher])
    assert len(asked) == times
    assert len({x.tobytes() for x in asked}) == times


def test_teacher_is_not_asked_what_it_has_answered(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    how = Fit(2, augmentation="flip")
    answers: dict[int, Any] = {}
    first, again = classifier(2), classifier(2)
    fit(first, images, how, [classifier(1)], answers=answers)
    assert {view: scores.shape for view, scores in answers.items()} == dict.fromkeys(
        (0, 1), (len(images), CLASSES)
    )
    monkeypatch.setattr(module, "predict", lambda _, data: np.full((len(data), CLASSES), 1 / 3))
    fit(again, images, how, [classifier(1)], answers=answers)
    pairs = zip(first.get_weights(), again.get_weights(), strict=True)
    assert all(np.array_equal(a, b) for a, b in pairs)


def test_without_a_teacher_every_epoch_sees_other_images(
    images: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def noting(data: Dataset, kind: str, rng: np.random.Generator) -> Dataset:
        view = augmented(data, kind, rng)
        seen.append(view.x[0].tobytes())
        return view

    monkeypatch.setattr(module, "augmented", noting)
    fit(classifier(2), images, Fit(EPOCHS, augmentation="flip-shift"))
    assert len(set(seen)) == EPOCHS


def test_same_seed_same_weights_other_seed_others(images: Dataset) -> None:
    def trained(seed: int) -> list[Any]:
        model = classifier(0)
        fit(model, images, Fit(2, augmentation="shift", seed=seed), [classifier(1)])
        weights: list[Any] = model.get_weights()
        return weights

    first, again, other = trained(0), trained(0), trained(1)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_training_that_diverges_is_an_error(images: Dataset) -> None:
    images.x[0][0] = np.inf  # what merely is large may end in clipped, finite losses
    with pytest.raises(CalibrationError, match="diverged in epoch 1"):
        fit(classifier(0), images, Fit(1, learning_rate=1.0))
