"""All that `tinydeploy compress` does, for Python programs too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinydeploy.chain.options import CompressOptions, Place
from tinydeploy.chain.report import compression_report
from tinydeploy.chain.request import make_search
from tinydeploy.chain.search import search, winner
from tinydeploy.chain.steps import check_target, path_to, write_models
from tinydeploy.chain.workers import default_count, open_workers
from tinydeploy.config import Optimize
from tinydeploy.progress import Step, no_step


@dataclass(frozen=True, slots=True)
class Compressed:
    """What was written, and the report: docs/compression.md describes its keys."""

    model: Path
    as_measured: Path
    """The int8 .tflite that the board ran."""
    report: dict[str, Any]


def compress(
    model: Path,
    place: Place,
    asked: CompressOptions,
    output: Path | None = None,
    *,
    optimize: Optimize = Optimize.BALANCED,
    seed: int = 0,
    step: Step = no_step,
) -> Compressed:
    """Make the Keras model in the file `model` smaller, and write it to `output`.

    Without `output`, to MODEL_small.keras; its int8 form lies beside it. Finished trials stay in
    build/compress. Trials run in processes that import the program anew: guard it with
    `if __name__ == "__main__"`.

    Raises:
        UsageError, CalibrationError, ModelFileError, UnsupportedModelError: what can't be used.
        DoesNotFitError: nothing meets the limits; the closest are named.
        ToolMissingError, DeviceError, OutputError: the machine's, or the board's fault.
    """
    setting, plan, limits = make_search(model, place, optimize, seed, asked)
    target = output or model.with_name(f"{model.stem}_small.keras")
    check_target(target)
    count = place.workers or default_count()
    with open_workers(place.scheduler, count, place.rig is not None) as pool:
        found = search(setting, plan, limits, pool, step)
        best = winner(found, asked.goal)
        path = path_to(setting, best, found.baseline, pool)
        sizes = pool.sizes(setting, best.model)
        int8 = pool.int8(setting, best.model)
    as_measured = write_models(best, int8, target)
    report = compression_report(setting, found, path, asked.goal, limits, sizes)
    return Compressed(target, as_measured, report)
