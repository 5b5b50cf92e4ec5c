"""Applies the step of a stage to a model, in one go or in rounds, and trains it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from tinydeploy.chain.techniques import Given, technique
from tinydeploy.chain.trial import Stage
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.drop_regularizers import drop_regularizers
from tinydeploy.compress.fit import Answers, Fit, fit
from tinydeploy.compress.judge import Judge, content
from tinydeploy.compress.quantization_aware import check_not_quantization_aware
from tinydeploy.compress.record import Compressed, LayerRecord
from tinydeploy.compress.rewrite import rewrite
from tinydeploy.compress.size import SIZES
from tinydeploy.errors import InternalError

_STATISTICS_SAMPLES = 500


def apply_stage(
    model: Any,
    stage: Stage,
    data: Dataset,
    teachers: Sequence[Any],
    answers: Callable[[Fit], Answers | None] = lambda _: None,
    judge: Judge = content,
) -> Compressed:
    """Return a new keras.Model after the stage, and a record of each layer of `model`.

    Each round removes the same share, and aims at what all rounds so far should have reached: what
    one removed too much, the next one leaves. `answers` gives what the teachers have already said
    in a training, `judge` what the board says of pieces that are to stand for a layer.

    Raises UsageError where the step is out of reach, UnsupportedModelError for a model that went
    through quantization-aware training, and what technique and training raise.
    """
    if stage.step is None:
        raise InternalError("a stage without a step can't be applied")
    check_not_quantization_aware(model)
    model = drop_regularizers(model)
    size = SIZES[stage.step.of]
    before = size.of_calls(rewrite(model).calls)
    chosen = technique(stage.step.technique)
    apply = chosen.aimed(stage.step.of)
    given = Given([x[:_STATISTICS_SAMPLES] for x in data.x], judge)
    records: list[Sequence[LayerRecord]] = []
    for number in range(1, stage.rounds + 1):
        wanted = before / stage.step.factor ** (number / stage.rounds)
        factor = size.of_calls(rewrite(model).calls) / wanted
        if number == 1 or factor > 1:
            done = apply(model, factor, given)
            model = done.model
            records.append(done.layers)
        is_last = number == stage.rounds
        if chosen.is_trained_after:
            how = stage.fit if is_last else stage.between or stage.fit
            fit(model, data, how, teachers, answers=answers(how))
    return Compressed(model, _over_all(records))


def _over_all(rounds: Sequence[Sequence[LayerRecord]]) -> tuple[LayerRecord, ...]:
    """From before the first round to after the last one."""
    first, last = rounds[0], rounds[-1]
    if len(rounds) == 1:
        return tuple(first)
    return tuple(
        replace(
            after,
            changed=any(records[index].changed for records in rounds),
            note=", then ".join(dict.fromkeys(records[index].note for records in rounds)),
            macs_before=before.macs_before,
            weights_before=before.weights_before,
        )
        for index, (before, after) in enumerate(zip(first, last, strict=True))
    )
