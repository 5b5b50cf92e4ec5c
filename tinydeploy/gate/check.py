"""Runs every pair and judges it; a failure of one never keeps the others from being checked."""

from __future__ import annotations

import hashlib
import statistics
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tinydeploy import pipeline
from tinydeploy.codegen.names import identifier
from tinydeploy.device.presence import require_board
from tinydeploy.device.ticks import count_to_us
from tinydeploy.device.verify import Verification
from tinydeploy.errors import (
    AbsentError,
    BudgetError,
    InternalError,
    RegressionError,
    TinydeployError,
    VerificationError,
)
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.gate.baseline import LayerCount, Record
from tinydeploy.gate.judge import Finding, Kind, judge
from tinydeploy.gate.settings import Pair
from tinydeploy.pipeline import Built, Samples
from tinydeploy.plan.kernels import Choices
from tinydeploy.progress import Step, no_step
from tinydeploy.report.arena import arena_report
from tinydeploy.report.report import Measurement
from tinydeploy.rig.measure import DeviceRun
from tinydeploy.tuning import tuned_choices

Measure = Callable[[Built, Samples, Step], DeviceRun]
"""Runs the samples on a board: the seam at which a rig of boards comes in."""

T = TypeVar("T")
_GRAVEST_FIRST = (Kind.MISMATCH, Kind.ERROR, Kind.ABSENT, Kind.BUDGET, Kind.REGRESSION)
_ERRORS = {
    Kind.MISMATCH: VerificationError,
    Kind.ABSENT: AbsentError,
    Kind.BUDGET: BudgetError,
    Kind.REGRESSION: RegressionError,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one pair: a record where it ran, else why not."""

    pair: Pair
    findings: tuple[Finding, ...]
    record: Record | None = None
    skipped: bool = False
    error: TinydeployError | None = None
    seconds: float = 0.0
    device: str = ""
    """The device of the rig that measured it, if any."""

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The findings that count; none means that the pair passed or was skipped."""
        return tuple(f for f in self.findings if f.kind is not Kind.NOTE)

    @property
    def status(self) -> str:
        """passed, failed or skipped."""
        if self.skipped:
            return "skipped"
        return "failed" if self.failures else "passed"


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A pair that only waits for its board."""

    pair: Pair
    loaded: LoadedModel
    built: Built
    samples: Samples
    seconds: float


def check_pair(
    pair: Pair, baseline: Mapping[str, Record] | None, folder: Path, step: Step = no_step
) -> Outcome:
    """Build, run and judge one pair; what goes wrong is part of the outcome."""

    def prepare() -> Prepared:
        require_board(pair.board, pair.port, "Name it under `ports` of this [[check]].")
        return prepare_pair(pair, folder, step)

    def measure(built: Built, samples: Samples, step: Step) -> DeviceRun:
        return DeviceRun("", *pipeline.measure(built, samples, pair.port, step))

    prepared = attempt(pair, prepare)
    if isinstance(prepared, Outcome):
        return prepared
    return attempt(pair, lambda: judge_pair(prepared, baseline, measure, step))


def attempt(pair: Pair, work: Callable[[], T]) -> T | Outcome:
    """What `work` returns, or the outcome that says why it couldn't."""
    started = time.monotonic()
    try:
        return work()
    except AbsentError as error:
        kind = Kind.NOTE if pair.when_absent == "skip" else Kind.ABSENT
        skipped = pair.when_absent == "skip"
        finding = Finding(kind, f"{error.message}. {error.hint}".strip())
        return Outcome(pair, (finding,), skipped=skipped, error=error)
    except TinydeployError as error:
        return _failed(pair, error, started)
    except Exception as error:  # noqa: BLE001 - the others are checked all the same
        return _failed(pair, InternalError(f"{type(error).__name__}: {error}"), started)


def _failed(pair: Pair, error: TinydeployError, started: float) -> Outcome:
    finding = Finding(Kind.ERROR, f"{error.message}. {error.hint}".strip())
    return Outcome(pair, (finding,), error=error, seconds=time.monotonic() - started)


def prepare_pair(pair: Pair, folder: Path, step: Step = no_step) -> Prepared:
    """Everything that needs no board."""
    started = time.monotonic()
    loaded = pipeline.load(pair.model, pair.calibration, step, pair.quantize)
    choices = tuned_choices(Choices(pair.optimize), loaded, pair.board)
    compiled = pipeline.compile_model(loaded, pair.board, choices)
    built = pipeline.build(compiled, folder / _folder_name(pair), step)
    data = pair.data or pair.calibration
    samples = pipeline.choose_samples(loaded, data, pair.samples, pair.seed, step)
    return Prepared(pair, loaded, built, samples, time.monotonic() - started)


def judge_pair(
    prepared: Prepared,
    baseline: Mapping[str, Record] | None,
    measure: Measure,
    step: Step = no_step,
) -> Outcome:
    """Run the pair on its board, and judge what was measured there."""
    started, pair = time.monotonic(), prepared.pair
    run = measure(prepared.built, prepared.samples, step)
    record = _record(prepared, run.measurement, run.verification)
    notes = tuple(Finding(Kind.NOTE, note) for note in run.notes)
    findings = (*notes, *judge(pair, record, baseline))
    seconds = prepared.seconds + time.monotonic() - started
    return Outcome(pair, findings, record, seconds=seconds, device=run.device)


def _record(prepared: Prepared, measurement: Measurement, verification: Verification) -> Record:
    pair, built = prepared.pair, prepared.built
    arena, layers = arena_report(built.compiled.plan), built.compiled.plan.layers
    peak = arena["peak_layer"]
    return Record(
        figures=_figures(built, measurement, verification),
        layers=tuple(
            LayerCount(layer.node.name, layer.node.op.NAME, layer.kernel.name, count)
            for layer, count in zip(layers, measurement.layer_counts, strict=True)
        ),
        peak_layer="" if peak is None else f"layer {peak} {layers[peak].node.name}",
        samples=pair.samples,
        seed=pair.seed,
        model_digest=hashlib.sha256(prepared.loaded.tflite).hexdigest(),
        outputs_digest=verification.outputs_digest,
    )


def _folder_name(pair: Pair) -> Path:
    # Models of different folders may bear the same name.
    model = f"{identifier(pair.model.stem)}_{zlib.crc32(pair.model_name.encode()):08x}"
    return Path(model) / pair.board.id / f"{pair.optimize.value}_{pair.quantize.value}"


def _figures(
    built: Built, measurement: Measurement, verification: Verification
) -> dict[str, float]:
    board, count = built.compiled.board, statistics.median(measurement.counts)
    emulated = board.counter.kind == "instructions"
    figures = {
        "instructions" if emulated else "latency": count if emulated else count_to_us(count, board),
        "arena": measurement.arena_bytes,
        "stack": measurement.stack_bytes,
        "ram": built.sizes.static_bytes + measurement.stack_bytes,
        "flash": built.sizes.flash_bytes,
        "mismatched_bytes": verification.mismatched_bytes,
    }
    if verification.accuracy is not None:
        figures["accuracy"] = verification.accuracy
    return figures


def merged_baseline(
    outcomes: Sequence[Outcome], baseline: Mapping[str, Record] | None
) -> dict[str, Record]:
    """The new baseline: pairs that ran and are right; others keep what they had."""
    old = baseline or {}
    records = {}
    for outcome in outcomes:
        name, record = outcome.pair.name, outcome.record
        is_right = record is not None and not _has(outcome, Kind.MISMATCH)
        kept = record if is_right else old.get(name)
        if kept is not None:
            records[name] = kept
    return records


def without_regressions(outcome: Outcome) -> Outcome:
    """`outcome` once its record is the new baseline: only what a baseline can't excuse is left."""
    kept = tuple(f for f in outcome.findings if f.kind not in (Kind.REGRESSION, Kind.NOTE))
    return outcome if outcome.skipped else replace(outcome, findings=kept)


def verdict(outcomes: Sequence[Outcome]) -> TinydeployError | None:
    """The error to end with: the gravest failure's, or None where all is well."""
    failed = [outcome for outcome in outcomes if outcome.failures]
    if not failed:
        if any(not outcome.skipped for outcome in outcomes):
            return None
        return AbsentError(
            "nothing was checked: every board is absent",
            "Connect a board, install an emulator, or run this where there is one.",
        )
    kind = next(k for k in _GRAVEST_FIRST if any(_has(o, k) for o in failed))
    message = f"{len(failed)} of {len(outcomes)} pairs failed"
    hint = "The findings stand above; docs/exit-codes.md explains the exit code."
    if kind is Kind.ERROR:
        first = next(o.error for o in failed if _has(o, kind))
        return type(first)(message, hint) if first else None
    return _ERRORS[kind](message, hint)


def _has(outcome: Outcome, kind: Kind) -> bool:
    return any(finding.kind is kind for finding in outcome.findings)
