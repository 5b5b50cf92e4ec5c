"""Runs every pair and judges it; a failure of one never keeps the others from being checked."""

from __future__ import annotations

import hashlib
import statistics
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tinydeploy import pipeline
from tinydeploy.codegen.names import identifier
from tinydeploy.device.emulator import require_emulator
from tinydeploy.device.ports import require_port
from tinydeploy.device.verify import Verification
from tinydeploy.errors import (
    AbsentError,
    BudgetError,
    RegressionError,
    TinydeployError,
    ToolMissingError,
    VerificationError,
)
from tinydeploy.gate.baseline import LayerCount, Record
from tinydeploy.gate.judge import Finding, Kind, judge
from tinydeploy.gate.settings import Pair
from tinydeploy.pipeline import Built, Samples
from tinydeploy.plan.kernels import Choices
from tinydeploy.progress import Step, no_step
from tinydeploy.report.arena import arena_report
from tinydeploy.report.report import Measurement
from tinydeploy.tuning import tuned_choices

Measure = Callable[[Pair, Built, Samples, Step], tuple[Measurement, Verification]]
"""Runs the samples on the pair's board: the seam at which a rig of boards comes in."""

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


def measure_pair(
    pair: Pair, built: Built, samples: Samples, step: Step
) -> tuple[Measurement, Verification]:
    """The `Measure` of one board at a time: its port, or its emulator."""
    return pipeline.measure(built, samples, pair.port, step)


def check_pair(
    pair: Pair,
    baseline: Mapping[str, Record] | None,
    folder: Path,
    measure: Measure = measure_pair,
    step: Step = no_step,
) -> Outcome:
    """Build, run and judge one pair; what goes wrong is part of the outcome."""
    started = time.monotonic()
    try:
        _require_board(pair)
        record = _run(pair, folder, measure, step)
    except AbsentError as error:
        kind = Kind.NOTE if pair.when_absent == "skip" else Kind.ABSENT
        skipped = pair.when_absent == "skip"
        finding = Finding(kind, f"{error.message}. {error.hint}".strip())
        return Outcome(pair, (finding,), skipped=skipped, error=error)
    except TinydeployError as error:
        finding = Finding(Kind.ERROR, f"{error.message}. {error.hint}".strip())
        return Outcome(pair, (finding,), error=error, seconds=time.monotonic() - started)
    findings = tuple(judge(pair, record, baseline))
    return Outcome(pair, findings, record, seconds=time.monotonic() - started)


def _require_board(pair: Pair) -> None:
    if pair.port is not None:
        require_port(pair.port)
    elif pair.board.emulator is None:
        raise AbsentError(
            f"{pair.board.id} has no emulator, and no port is named for it",
            "Name it under `ports` of this [[check]].",
        )
    else:
        try:
            require_emulator(pair.board)
        except ToolMissingError as error:
            raise AbsentError(error.message, error.hint) from error


def _run(pair: Pair, folder: Path, measure: Measure, step: Step) -> Record:
    loaded = pipeline.load(pair.model, pair.calibration, step, pair.quantize)
    choices = tuned_choices(Choices(pair.optimize), loaded, pair.board)
    compiled = pipeline.compile_model(loaded, pair.board, choices)
    built = pipeline.build(compiled, folder / _folder_name(pair), step)
    data = pair.data or pair.calibration
    samples = pipeline.choose_samples(loaded, data, pair.samples, pair.seed, step)
    measurement, verification = measure(pair, built, samples, step)
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
        model_digest=hashlib.sha256(loaded.tflite).hexdigest(),
        outputs_digest=verification.outputs_digest,
    )


def _folder_name(pair: Pair) -> Path:
    # Models of different folders may bear the same name.
    model = f"{identifier(pair.model.stem)}_{zlib.crc32(pair.model_name.encode()):08x}"
    return Path(model) / pair.board.id / f"{pair.optimize.value}_{pair.quantize.value}"


def _figures(
    built: Built, measurement: Measurement, verification: Verification
) -> dict[str, float]:
    counts_instructions = built.compiled.board.counter.kind == "instructions"
    figures = {
        "instructions" if counts_instructions else "latency": statistics.median(measurement.counts),
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
