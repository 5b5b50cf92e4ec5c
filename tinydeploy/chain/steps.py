"""From a finished chain to what the user sees of it: each step measured, the models written."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tinydeploy.chain.trial import Outcome, Setting
from tinydeploy.chain.workers import Workers
from tinydeploy.errors import TinydeployError, UsageError
from tinydeploy.report.files import write_bytes


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


def check_target(target: Path) -> None:
    """Raise UsageError unless `target` is the name of a .keras file."""
    if target.suffix != ".keras":
        raise UsageError(
            f"--output {target}: the result is a Keras model", f"Name it {target.stem}.keras."
        )


def write_models(outcome: Outcome, int8: bytes, target: Path) -> Path:
    """Write the .keras file `target` and, beside it, its int8 form; return the latter's path.

    Raises OutputError; each file is written in one step.
    """
    as_measured = target.with_suffix(".tflite")
    write_bytes(target, outcome.model.read_bytes())
    write_bytes(as_measured, int8)
    return as_measured
