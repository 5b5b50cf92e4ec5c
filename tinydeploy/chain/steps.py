"""From a finished chain to what the user sees of it: each step measured, the model written."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from tinydeploy.chain.trial import Outcome, Setting
from tinydeploy.chain.workers import Workers
from tinydeploy.errors import OutputError, TinydeployError


def path_to(
    setting: Setting, outcome: Outcome, baseline: Outcome, workers: Workers
) -> list[Outcome]:
    """The baseline, each step in between, and `outcome`, all judged on the same samples.

    Raises TinydeployError where a step in between can't be measured.
    """
    between = []
    trial = outcome.trial.parent
    while trial is not None and trial.steps:
        judged = replace(trial, judge=outcome.trial.judge, samples=outcome.trial.samples)
        (result,) = workers.run(setting, [judged])
        if isinstance(result, TinydeployError):
            raise result
        between.append(result)
        trial = trial.parent
    return [baseline, *reversed(between), outcome]


def write_model(outcome: Outcome, target: Path) -> None:
    """Write the model's .keras file in one step. Raises OutputError."""
    part = target.with_name(f".{target.name}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(outcome.model, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutputError(
            f"{target} can't be written: {error.strerror or error}",
            "Give another place with --output.",
        ) from error
