"""The steps that build, run and verify have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinydeploy import pipeline
from tinydeploy.bisect import find_wrong_layer
from tinydeploy.cli import render
from tinydeploy.cli.request import Request
from tinydeploy.cycles.estimate import require_timing
from tinydeploy.device.presence import require_place_to_run
from tinydeploy.device.verify import Verification
from tinydeploy.errors import TinydeployError, UsageError, VerificationError
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.pipeline import Built, Samples
from tinydeploy.progress import Step
from tinydeploy.report.files import write_json
from tinydeploy.report.report import Findings, Measurement, make_report
from tinydeploy.report.versions import tool_versions
from tinydeploy.report.wrong_layer import WrongLayer
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.measure import DeviceRun, measure_on_rig
from tinydeploy.rig.recovery import prepare
from tinydeploy.rig.settings import read_rig
from tinydeploy.tuning import tuned_choices

HOW_TO_NAME_A_PORT = "Name its serial port with --port, or --port auto: the one with its USB id."


def build_model(request: Request, dump_ir: bool, step: Step) -> tuple[LoadedModel, Built]:
    """Everything up to the linked firmware."""
    loaded = pipeline.load(request.model, request.calibration, step, request.quantize)
    if dump_ir:
        render.show_graphs(pipeline.graphs(loaded))
    compiled = pipeline.compile_model(
        loaded, request.board, tuned_choices(request.choices, loaded, request.board)
    )
    return loaded, pipeline.build(compiled, request.output, step)


def measure_model(
    request: Request,
    samples: int,
    data: Path | None,
    port: str | None,
    dump_ir: bool,
    json_path: Path | None,
    with_cycles: bool = False,
    bench: Bench | None = None,
    bisect: bool = False,
) -> None:
    """Build, run `samples` inputs on the board, report; an error when an output differs.

    The board is the one at `port`, else a free one of `bench`, else its emulator.
    """
    if bench:
        bench.require_board(request.board)
    else:
        require_place_to_run(request.board, port, HOW_TO_NAME_A_PORT)
    if with_cycles:
        require_timing(request.board)
    with render.progress() as step:
        loaded, built = build_model(request, dump_ir, step)
        chosen = pipeline.choose_samples(loaded, data, samples, request.seed, step)
        run = _run(built, chosen, port, bench, step)
        cycles = pipeline.estimate(built, chosen, step) if with_cycles else None
        verification = run.verification
        wrong, why_not = None, ""
        if bisect:
            wrong, why_not = _bisect(loaded, built, chosen, verification, port, bench, step)
    found = findings(loaded, built, run.measurement, verification)
    report = make_report(replace(found, cycles=cycles, wrong_layer=wrong))
    publish(report, json_path)
    _show_notes(run, why_not)
    if bisect and not why_not:
        render.show_bisection(wrong, verification.first_mismatched_sample)
    if verification.mismatched_bytes:
        raise VerificationError(
            f"{verification.mismatched_samples} of {verification.samples} outputs differ from the "
            f"reference ({verification.mismatched_bytes} bytes; first: "
            f"{verification.first_mismatch})",
            "The device computes something else than the host: report this with the model."
            if bisect
            else "`tinydeploy verify --bisect` finds the first layer that differs.",
        )


def _show_notes(run: DeviceRun, why_not_bisected: str) -> None:
    for note in run.notes:
        render.show_message(note)
    if run.device:
        render.show_message(f"Measured on {run.device} of the rig.")
    if why_not_bisected:
        render.show_message(f"The first wrong layer was not found: {why_not_bisected}")


def open_bench(rig: Path | None, wait_s: float, port: str | None) -> Bench | None:
    """The bench of a rig file, where one is given. Raises UsageError."""
    if rig is None:
        return None
    if port is not None:
        raise UsageError("--port and --rig were both given", "Give one of them.")
    return Bench(read_rig(rig), wait_s)


def _run(
    built: Built, samples: Samples, port: str | None, bench: Bench | None, step: Step
) -> DeviceRun:
    if bench:
        return measure_on_rig(bench, built, samples, step)
    return DeviceRun("", *pipeline.measure(built, samples, port, step))


def _bisect(
    loaded: LoadedModel,
    built: Built,
    samples: Samples,
    verification: Verification,
    port: str | None,
    bench: Bench | None,
    step: Step,
) -> tuple[WrongLayer | None, str]:
    """The first wrong layer of the first sample that came out wrong, where one did.

    Or why it can't be found: what was measured is told all the same.
    """
    wrong = verification.first_mismatched_sample
    if wrong is None:
        return None, ""
    inputs = samples.inputs[wrong]
    try:
        if bench is None:
            return find_wrong_layer(built, loaded, inputs, port, step), ""
        with bench.lease(built.compiled.board, step) as device:
            prepare(device, built.result, bench.commands)
            return find_wrong_layer(built, loaded, inputs, device.port, step), ""
    except TinydeployError as error:
        return None, error.message


def publish(report: Mapping[str, Any], json_path: Path | None) -> None:
    """Show the report, and write it; shown it is even where it can't be written."""
    try:
        if json_path:
            write_json(json_path, report)
    finally:
        render.show_report(report)


def findings(
    loaded: LoadedModel,
    built: Built,
    measurement: Measurement | None = None,
    verification: Verification | None = None,
) -> Findings:
    """All that is known of one model on one board."""
    compiled = built.compiled
    return Findings(
        board=compiled.board,
        plan=compiled.plan,
        library=compiled.library,
        source=compiled.source,
        code_bytes=compiled.code_bytes,
        goal=compiled.goal,
        firmware_digest=built.firmware.digest,
        sizes=built.sizes,
        layout=built.layout,
        measurement=measurement,
        verification=verification,
        calibration=loaded.calibration.to_json() if loaded.calibration else None,
        versions=tool_versions(),
    )
