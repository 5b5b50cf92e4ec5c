"""A Keras model as int8 on the board: sizes, instructions or time, and its exact accuracy."""

from __future__ import annotations

import statistics
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from tinydeploy import pipeline
from tinydeploy.boards import Board, load_board
from tinydeploy.chain.trial import Figures
from tinydeploy.codegen.model import generate_library
from tinydeploy.compress.dataset import Dataset
from tinydeploy.compress.size import model_macs
from tinydeploy.config import Optimize
from tinydeploy.device.session import open_device
from tinydeploy.device.ticks import count_to_us
from tinydeploy.device.verify import Verification
from tinydeploy.errors import DoesNotFitError, InternalError, VerificationError
from tinydeploy.frontend.accuracy import accuracy
from tinydeploy.frontend.float_model import from_keras
from tinydeploy.frontend.load import LoadedModel
from tinydeploy.frontend.quantize import quantize
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import dequantize, to_model_input
from tinydeploy.ir.op import Isa
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.plan import plan_model
from tinydeploy.report.report import Measurement
from tinydeploy.rig.bench import Bench
from tinydeploy.rig.measure import measure_on_rig

_CALIBRATION_SAMPLES = 500
_RUNS = 2


def to_int8(model: Any, train: Dataset) -> bytes:
    """A keras.Model as .tflite, with ranges from `train`: what measure() measures."""
    data = train.calibration(_CALIBRATION_SAMPLES)
    return quantize(from_keras(model), data).tflite


def measure(
    model: Any,
    train: Dataset,
    judge: Dataset,
    board: Board,
    optimize: Optimize,
    bench: Bench | None = None,
) -> Figures:
    """Convert a keras.Model with ranges from `train`, run it, and count right answers in `judge`.

    It runs on a free board of `bench`, else on the emulator.

    Raises VerificationError where the board computes something else than the reference.
    """
    loaded = LoadedModel(to_int8(model, train), model.name, model.name)
    figures = _on_board(loaded, train, board, optimize, model, bench)
    if len(judge) == 0:
        return figures
    return replace(figures, accuracy=device_accuracy(loaded, judge))


def _on_board(
    loaded: LoadedModel,
    data: Dataset,
    board: Board,
    optimize: Optimize,
    model: Any,
    bench: Bench | None,
) -> Figures:
    counts = {"macs": model_macs(model), "parameters": int(model.count_params())}
    try:
        built, measurement = run_on_board(loaded, data, board, optimize, bench)
    except DoesNotFitError:
        return _predicted(loaded, board, optimize, counts)
    count = statistics.median(measurement.counts)
    emulated = board.counter.kind == "instructions"
    return Figures(
        **counts,
        weights_bytes=built.sizes.weights_bytes,
        flash_bytes=built.sizes.flash_bytes,
        arena_bytes=measurement.arena_bytes,
        instructions=count if emulated else None,
        latency_us=None if emulated else count_to_us(count, board),
    )


def run_on_board(
    loaded: LoadedModel,
    data: Dataset,
    board: Board,
    optimize: Optimize,
    bench: Bench | None = None,
) -> tuple[pipeline.Built, Measurement]:
    """Build a model, and run it on the first samples of `data`, on a board of `bench` if given.

    Raises DoesNotFitError where it has no room there, VerificationError where the board computes
    something else than the reference.
    """
    compiled = pipeline.compile_model(loaded, board, Choices(optimize))
    with TemporaryDirectory(prefix="tinydeploy-") as folder, Reference(loaded.tflite) as reference:
        built = pipeline.build(compiled, Path(folder) / "project")
        inputs = tuple(_inputs(data, index, reference) for index in range(_RUNS))
        samples = pipeline.Samples(inputs, tuple(reference.run_many(inputs)))
        measurement, verification = _run(built, samples, bench)
    if verification.mismatched_bytes:
        raise VerificationError(
            f"{verification.mismatched_bytes} bytes differ from the reference on {board.id}",
            "The device computes something else than the host: report this with the model.",
        )
    return built, measurement


def _run(
    built: pipeline.Built, samples: pipeline.Samples, bench: Bench | None
) -> tuple[Measurement, Verification]:
    if bench is None:
        return pipeline.measure(built, samples)
    run = measure_on_rig(bench, built, samples)
    return run.measurement, run.verification


def _predicted(
    loaded: LoadedModel, board: Board, optimize: Optimize, counts: dict[str, int]
) -> Figures:
    """Of a model that has no room on the board: what the planner says."""
    graph = pipeline.graphs(loaded)[-1][1]
    plan = plan_model(graph, Isa(board.isa), Choices(optimize))
    library = generate_library(plan, board.pointer_bytes)
    weights = library.weights_bytes
    return Figures(
        **counts, weights_bytes=weights, flash_bytes=weights, arena_bytes=plan.arena_bytes
    )


def device_accuracy(loaded: LoadedModel, data: Dataset) -> float:
    """The share of right answers of the generated C code on this computer.

    It is bit for bit what every board computes, and many times as fast as an emulated one.
    """
    board = load_board("host")
    compiled = pipeline.compile_model(loaded, board, Choices(Optimize.SPEED))
    with TemporaryDirectory(prefix="tinydeploy-") as folder, Reference(loaded.tflite) as reference:
        built = pipeline.build(compiled, Path(folder) / "project")
        with open_device(board, built.result) as device:
            samples = (_inputs(data, index, reference) for index in range(len(data)))
            answers = [device.invoke([x.tobytes() for x in sample]).outputs for sample in samples]
        (scored,) = reference.outputs
    scores = np.stack([np.frombuffer(outputs[0], scored.dtype) for outputs in answers])
    share = accuracy(dequantize(scores, scored), data.y)
    if share is None:
        raise InternalError("the labels name no class of the model")
    return share


def _inputs(data: Dataset, index: int, reference: Reference) -> tuple[Any, ...]:
    return tuple(
        to_model_input(x[index], spec) for x, spec in zip(data.x, reference.inputs, strict=True)
    )
