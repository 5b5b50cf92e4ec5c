"""The whole story, top to bottom: from a model file to what the board measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tinydeploy.boards import Board, all_boards
from tinydeploy.codegen import wire
from tinydeploy.codegen.model import Library, generate_library
from tinydeploy.codegen.project import Firmware, generate_project
from tinydeploy.codegen.wire import DeviceInfo
from tinydeploy.config import Optimize, Quantize
from tinydeploy.cycles.estimate import CycleEstimate, estimate_cycles, require_timing
from tinydeploy.device import platformio
from tinydeploy.device.block_counts import count_blocks
from tinydeploy.device.clock import check_clock
from tinydeploy.device.code_size import predict_code_bytes
from tinydeploy.device.elf import LinkedSizes, read_sizes
from tinydeploy.device.gdb_load import load_firmware
from tinydeploy.device.layout import RegionUse, read_layout
from tinydeploy.device.session import Device, open_device
from tinydeploy.device.ticks import ticks_to_count
from tinydeploy.device.upload import require_upload, upload
from tinydeploy.device.usb import resolve_port
from tinydeploy.device.verify import Verification, compare
from tinydeploy.errors import BuildError, DoesNotFitError, UnsupportedModelError, UsageError
from tinydeploy.frontend.calibration import load_calibration
from tinydeploy.frontend.load import LoadedModel, load_model
from tinydeploy.frontend.reference import Reference
from tinydeploy.frontend.samples import random_inputs, to_model_input
from tinydeploy.frontend.specs import TensorSpec
from tinydeploy.frontend.tflite import read_tflite
from tinydeploy.ir.graph import Array, Graph
from tinydeploy.ir.op import Isa
from tinydeploy.passes import run_passes
from tinydeploy.plan.fit import ModelFlash, check_fit, needs_of
from tinydeploy.plan.kernels import Choices
from tinydeploy.plan.placement import Placement, in_main_memories, place
from tinydeploy.plan.plan import Plan, plan_model
from tinydeploy.progress import Step, no_step
from tinydeploy.report.report import Measurement

_DEFAULT_CHOICES = Choices()
_RESTART_S = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Compiled:
    """A model as C, for one board."""

    source: str
    board: Board
    plan: Plan
    library: Library
    goal: Optimize
    code_bytes: int | None
    """Predicted flash of the library's code; None without the board's compiler."""

    @property
    def flash(self) -> ModelFlash:
        """Predicted flash of weights and code."""
        return ModelFlash(self.library.weights_bytes, self.code_bytes or 0)

    @property
    def placement(self) -> Placement:
        """What goes where; the linker says by how much it exceeds a board that has no room."""
        needs, memory = needs_of(self.plan, self.flash, self.board), self.board.memory
        return place(needs, memory) or in_main_memories(memory)


@dataclass(frozen=True, slots=True, eq=False)
class Built:
    """Firmware that PlatformIO built."""

    compiled: Compiled
    firmware: Firmware
    result: platformio.BuildResult
    sizes: LinkedSizes
    layout: tuple[RegionUse, ...] = ()
    """What is in each memory of a board that has several."""


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Inputs to run, what the reference makes of them, and labels of the first ones.

    The labels name classes as the first output does, which is `scored`.
    """

    inputs: tuple[tuple[Array, ...], ...]
    expected: tuple[tuple[Array, ...], ...]
    labels: Array | None = None
    scored: TensorSpec | None = None


def load(
    model: Path,
    calibration: Path | None,
    step: Step = no_step,
    quantize: Quantize = Quantize.INT8,
) -> LoadedModel:
    """Read a model file; a Keras model is quantized on the way."""
    step("reading the model", None)
    return load_model(model, calibration, lambda what: step(what, None), quantize=quantize)


def graphs(loaded: LoadedModel) -> list[tuple[str, Graph]]:
    """(stage, graph) as read and after each pass; the last is the optimized graph."""
    graph = read_tflite(loaded.tflite, loaded.name)
    return [("read", graph), *run_passes(graph)]


def compile_model(
    loaded: LoadedModel, board: Board, choices: Choices = _DEFAULT_CHOICES
) -> Compiled:
    """Read, optimize, plan and generate. Raises DoesNotFitError before anything is built.

    What does not fit when balanced is tried once more with as little RAM as possible.
    """
    _, graph = graphs(loaded)[-1]
    try:
        return _compile_graph(graph, loaded.source, board, choices)
    except DoesNotFitError:
        if choices.optimize is not Optimize.BALANCED:
            raise
    return _compile_graph(graph, loaded.source, board, Choices(Optimize.RAM))


def _compile_graph(graph: Graph, source: str, board: Board, choices: Choices) -> Compiled:
    plan = plan_model(graph, Isa(board.isa), choices)
    library = generate_library(plan, board.pointer_bytes)
    code_bytes = predict_code_bytes(library.files, board, choices.optimize)
    compiled = Compiled(source, board, plan, library, choices.optimize, code_bytes)
    check_fit(plan, compiled.flash, board, all_boards())
    return compiled


def build(compiled: Compiled, folder: Path, step: Step = no_step) -> Built:
    """Write the PlatformIO project into `folder` and build the firmware there."""
    platformio.require_tools(compiled.board)
    _check_tensor_counts(compiled.plan.graph)
    step("generating the project", None)
    firmware = generate_project(
        compiled.library,
        compiled.board,
        compiled.plan.graph.name,
        compiled.goal,
        compiled.placement,
    )
    firmware.write(folder)
    step("building with PlatformIO", None)
    result = platformio.build(folder, compiled.board)
    if result.digest != firmware.digest:
        raise BuildError(
            f"another project was written to {folder} meanwhile",
            "Another tinydeploy works in this folder: give each its own with -o.",
        )
    memory = compiled.board.memory
    layout = read_layout(result.elf, memory) if memory.more else ()
    sizes = read_sizes(result.elf, memory.rams if compiled.board.framework else ())
    return Built(compiled, firmware, result, sizes, layout)


def _check_tensor_counts(graph: Graph) -> None:
    for kind, count in (("inputs", len(graph.inputs)), ("outputs", len(graph.outputs))):
        if count > wire.MOST_TENSORS:
            raise UnsupportedModelError(
                f'model "{graph.name}" has {count} {kind}; the serial line takes at most '
                f"{wire.MOST_TENSORS}",
                "`tinydeploy export` writes the C library alone, which has no such limit.",
            )


def flash(
    built: Built, port: str, gdb: str | None = None, probe: str = "", step: Step = no_step
) -> DeviceInfo:
    """Put the firmware on a real board; return what the device says of itself, on `port`.

    It goes through the GDB server `gdb` where one is named, else by the board's own protocol.

    Raises DeviceError where the device runs another firmware than the one just built.
    """
    board, result = built.compiled.board, built.result
    step(f"flashing {board.id}", None)
    if gdb is not None:
        load_firmware(gdb, result.elf, board.gdb_reset, step)
    else:
        uses_port = require_upload(board).uploader.uses_port
        upload(result, board, resolve_port(port, board, probe) if uses_port else "", probe)
    step("asking the device what it runs", None)
    # A port that is part of the board comes back only when the firmware has started.
    found = resolve_port(port, board, probe, patience_s=_RESTART_S)
    with open_device(board, result, found) as device:
        return device.info


def choose_samples(
    loaded: LoadedModel, data: Path | None, count: int, seed: int, step: Step = no_step
) -> Samples:
    """`count` inputs with the reference's outputs: from `data` first, then random ones."""
    step("computing the reference on the host", None)
    with Reference(loaded.tflite) as reference:
        inputs: list[tuple[Array, ...]] = []
        labels = None
        if data is not None:
            _check_batch(reference)
            found = load_calibration(data, reference.inputs)
            used = range(min(count, found.sample_count))
            inputs = [tuple(map(to_model_input, found.sample(i), reference.inputs)) for i in used]
            known = found.labels()
            labels = None if known is None else known[: len(used)]
        inputs += random_inputs(reference.inputs, count - len(inputs), seed)
        expected = reference.run_many(inputs)
        scored = reference.outputs[0]
    return Samples(tuple(inputs), tuple(expected), labels, scored)


def _check_batch(reference: Reference) -> None:
    """Raise UsageError where one sample isn't one inference."""
    for spec in reference.inputs:
        if spec.shape[:1] != (1,):
            raise UsageError(
                f'input "{spec.name}" has the shape {list(spec.shape)}: samples of a file are for '
                "batches of 1",
                "Convert the model with a batch of 1, or run it without --data, on random inputs.",
            )


def measure(
    built: Built, samples: Samples, port: str | None = None, step: Step = no_step
) -> tuple[Measurement, Verification]:
    """Run every sample on the board; compare each output with the reference, byte by byte."""
    step(f"starting {built.compiled.board.id}", None)
    with open_device(built.compiled.board, built.result, port=port) as device:
        check_clock(device, built.compiled.board)
        return _measure(device, built.compiled.board, samples, step)


def _measure(
    device: Device, board: Board, samples: Samples, step: Step
) -> tuple[Measurement, Verification]:
    raw = [tuple(array.tobytes() for array in sample) for sample in samples.inputs]
    # The first inference is the warm-up: its layers are reported, its total is not.
    warm_up = device.invoke(raw[0], per_layer=True)
    invocations = []
    for index, sample in enumerate(raw):
        step("measuring", index / len(raw))
        invocations.append(device.invoke(sample))
    measurement = Measurement(
        counts=tuple(ticks_to_count(invocation.ticks, board) for invocation in invocations),
        layer_counts=tuple(ticks_to_count(ticks, board) for ticks in warm_up.layer_ticks),
        stack_bytes=max(invocation.stack_bytes for invocation in invocations),
        arena_bytes=device.info.arena_bytes,
    )
    outputs: Sequence[Sequence[bytes]] = [invocation.outputs for invocation in invocations]
    return measurement, compare(samples.expected, outputs, samples.labels, samples.scored)


def estimate(built: Built, samples: Samples, step: Step = no_step) -> CycleEstimate:
    """Cycles of one inference, from a run on the emulator of its own.

    Raises UsageError where the board has no timing, or nothing that counts.
    """
    step("counting blocks for the cycle estimate", None)
    board = built.compiled.board
    raw = [array.tobytes() for array in samples.inputs[0]]
    timing = require_timing(board)
    line_bytes = timing.flash_line_bytes if timing.flash_wait_states else 0
    counts = count_blocks(board, built.result, raw, line_bytes)
    return estimate_cycles(counts, timing)
