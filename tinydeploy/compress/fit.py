"""Trains a compressed model, with the original as its teacher.

Knowledge distillation: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network",
arXiv 1503.02531. The loss is `distill` times the cross entropy with the teachers' softened scores,
the rest that with the labels. Several teachers give the mean of their logits.

With teachers an epoch sees one of a few views of the samples, each changed at random, and those are
the same for every seed. So they, who are larger than the model, have to answer for each view once
only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from tinydeploy.compress.augment import augmented
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.fused_batch_norm import fused_batch_norm
from tinydeploy.errors import CalibrationError
from tinydeploy.frontend.tensorflow_env import import_keras, import_tensorflow
from tinydeploy.ir.graph import Array

_LEAST_PROBABILITY = 1e-7
_WEIGHT_DECAY = 1e-4
_MOST_RATE, _SAMPLES_FOR_IT = 4e-3, 16_000
_SCORED_SAMPLES = 256
_VIEWS = 10


@dataclass(frozen=True, slots=True)
class Fit:
    """How to train: AdamW, the learning rate falling to zero along a cosine.

    No `learning_rate`: one for a model that was cut, more for more samples (see usual_rate()).
    """

    epochs: int
    learning_rate: float | None = 1e-3
    batch: int = 64
    augmentation: str = "none"
    distill: float = 0.9
    temperature: float = 4.0
    seed: int = 0


class Answers(Protocol):
    """What teachers have said of each view by its number: logits, (samples, classes). Or a dict."""

    def get(self, view: int, /) -> Array | None: ...

    def __setitem__(self, view: int, scores: Array, /) -> None: ...


def fit(
    model: Any,
    data: Dataset,
    how: Fit,
    teachers: Sequence[Any] = (),
    on_epoch: Callable[[int], None] | None = None,
    answers: Answers | None = None,
) -> None:
    """Train a keras.Model of class scores in place. Without `teachers` labels alone teach.

    Teachers are not asked what is in `answers`, those of another training on the same samples with
    the same augmentation; new ones are put there.

    Raises CalibrationError where the training diverges.
    """
    if how.epochs == 0:
        return
    keras = import_keras()
    keras.utils.set_random_seed(how.seed)
    _reseed(model, how.seed)
    are_scores = _gives_probabilities(model, data)
    step = _training_step(model, data, how, are_scores, has_teacher=bool(teachers))
    known: Answers = {} if answers is None else answers

    def teach(number: int, view: Dataset) -> Array:
        if not teachers:
            return np.zeros((len(view), 0), np.float32)
        scores = known.get(number)
        if scores is None:
            scores = known[number] = _mean_logits(teachers, view, are_scores)
        return np.asarray(keras.ops.softmax(scores / how.temperature))

    views = _views(data, how, *((0, _VIEWS) if teachers else (how.seed, how.epochs)))
    rng = np.random.default_rng(how.seed)
    with fused_batch_norm():
        for epoch, (number, view) in enumerate(views, 1):
            taught = teach(number, view)
            order = rng.permutation(len(data))
            batches = (order[s : s + how.batch] for s in range(0, len(order), how.batch))
            losses = [step(*_batch(view, taught, indices)) for indices in batches]
            if not _is_finite(model, losses):
                raise CalibrationError(
                    f"the training diverged in epoch {epoch}: its loss or weights are not finite",
                    "Lower the learning rate (--learning-rate), and check the scale of the data.",
                )
            if on_epoch is not None:
                on_epoch(epoch)


def view_count(how: Fit) -> int:
    """How many views of the samples a training with teachers sees: the numbers below that."""
    return 1 if how.augmentation == "none" else min(how.epochs, _VIEWS)


def ask(teachers: Sequence[Any], data: Dataset, how: Fit, view: int) -> Array:
    """What keras.Models of class scores answer to a view in trainings like `how`, for `Answers`."""
    return _mean_logits(
        teachers, _view(data, how, 0, view), _gives_probabilities(teachers[0], data)
    )


def usual_rate(sample_count: int) -> float:
    """The learning rate to begin with for a model that was cut, and so many training samples.

    It has much to learn again: 0.004 is best for many thousands of images, 0.0015 for a thousand
    digits, and the cube root of their number lies between.
    """
    return _MOST_RATE * float(min(sample_count / _SAMPLES_FOR_IT, 1.0) ** (1 / 3))


def _is_finite(model: Any, losses: Sequence[Any]) -> bool:
    """By the weights as well: oneDNN's ReLU makes 0 of NaN, and the loss stays finite."""
    values = [np.array([float(loss) for loss in losses]), *model.get_weights()]
    return all(np.isfinite(value).all() for value in values)


def _reseed(model: Any, seed: int) -> None:
    """Let dropout and the like begin at `seed`: their states are older than the training."""
    states = [v for v in model.variables if v.path.endswith("seed_generator_state")]
    for number, state in enumerate(states):
        state.assign(np.array([seed, number]))


def _training_step(
    model: Any, data: Dataset, how: Fit, are_scores: bool, has_teacher: bool
) -> Callable[[list[Array], Array, Array], Any]:
    """A function of a batch: its inputs, labels and the teacher's probabilities; gives the loss."""
    tf, keras = import_tensorflow(), import_keras()
    steps = how.epochs * -(-len(data) // how.batch)
    start = usual_rate(len(data)) if how.learning_rate is None else how.learning_rate
    rate = keras.optimizers.schedules.CosineDecay(start, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=_WEIGHT_DECAY)
    optimizer.build(model.trainable_variables)  # else the first step is traced twice
    share, soft = how.distill if has_teacher else 0.0, how.temperature
    batch = (
        _any_batch(data),
        tf.TensorSpec((None,), data.y.dtype),
        tf.TensorSpec((None, None), tf.float32),
    )

    @tf.function(input_signature=batch, autograph=False)  # type: ignore[untyped-decorator]
    def step(inputs: list[Any], labels: Any, taught: Any) -> Any:
        with tf.GradientTape() as tape:
            ours = _logits(_of_classes(model(_packed(inputs), training=True)), are_scores)
            loss = (1 - share) * tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(labels, ours)
            )
            if has_teacher:
                distance = tf.nn.softmax_cross_entropy_with_logits(taught, ours / soft)
                loss += share * soft**2 * tf.reduce_mean(distance)
            loss += tf.add_n(model.losses) if model.losses else 0.0
        variables = model.trainable_variables
        optimizer.apply(tape.gradient(loss, variables), variables)
        return loss

    return step  # type: ignore[no-any-return]


def _views(data: Dataset, how: Fit, seed: int, count: int) -> Iterator[tuple[int, Dataset]]:
    """For each epoch the samples as it sees them: one of `count` views, and its number."""
    for epoch in range(how.epochs):
        number = 0 if how.augmentation == "none" else epoch % count
        yield number, _view(data, how, seed, number)


def _view(data: Dataset, how: Fit, seed: int, number: int) -> Dataset:
    return augmented(data, how.augmentation, np.random.default_rng((seed, number)))


def _batch(view: Dataset, taught: Array, indices: Array) -> tuple[list[Array], Array, Array]:
    part = view.take(indices)
    return [np.ascontiguousarray(x, np.float32) for x in part.x], part.y, taught[indices]


def _of_classes(outputs: Any) -> Any:
    """A score for each class: of one probability, those of its classes 0 and 1."""
    tf = import_tensorflow()
    return tf.concat([1 - outputs, outputs], axis=1) if outputs.shape[1] == 1 else outputs


def _logits(outputs: Any, are_scores: bool) -> Any:
    tf = import_tensorflow()
    return tf.math.log(tf.maximum(outputs, _LEAST_PROBABILITY)) if are_scores else outputs


def _mean_logits(models: Sequence[Any], data: Dataset, are_scores: bool) -> Array:
    logits = [np.asarray(_logits(predict(model, data), are_scores)) for model in models]
    mean: Array = np.mean(logits, axis=0)
    return mean


def _any_batch(data: Dataset) -> list[Any]:
    """The inputs of a batch, of whatever size: a function of them is traced once."""
    tf = import_tensorflow()
    return [tf.TensorSpec((None, *x.shape[1:]), tf.float32) for x in data.x]


def _packed(inputs: list[Any]) -> Any:
    return inputs[0] if len(inputs) == 1 else inputs


def _gives_probabilities(model: Any, data: Dataset) -> bool:
    scores = predict(model, data.first(_SCORED_SAMPLES))
    return bool((scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-3))


def predict(model: Any, data: Dataset, batch: int = 256) -> Array:
    """Return the model's scores, (samples, classes)."""
    tf = import_tensorflow()
    call = tf.function(
        lambda inputs: _of_classes(model(_packed(inputs), training=False)),
        input_signature=(_any_batch(data),),
        autograph=False,
    )
    starts = itertools.count(0, batch)
    parts = itertools.takewhile(lambda start: start < len(data), starts)
    return np.concatenate(
        [np.asarray(call([x[s : s + batch].astype(np.float32) for x in data.x])) for s in parts]
    )


def float_accuracy(model: Any, data: Dataset) -> float:
    """The share of samples whose largest score is their class."""
    return float(np.mean(predict(model, data).argmax(axis=1) == data.y))


def joint_accuracy(models: Sequence[Any], data: Dataset) -> float:
    """The share of samples whose class has the largest mean of the models' logits."""
    scores = _mean_logits(models, data, _gives_probabilities(models[0], data))
    return float(np.mean(scores.argmax(axis=1) == data.y))
