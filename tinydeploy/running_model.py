"""A model at work on a board, for programs that feed it: arrays in, arrays and figures out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tinydeploy import pipeline
from tinydeploy.boards import Board
from tinydeploy.config import Optimize
from tinydeploy.device.clock import check_clock
from tinydeploy.device.presence import require_board
from tinydeploy.device.session import Device, Invocation, open_device
from tinydeploy.device.ticks import ticks_to_count
from tinydeploy.errors import UsageError
from tinydeploy.frontend.samples import to_model_input
from tinydeploy.frontend.specs import TensorSpec
from tinydeploy.ir.graph import Array, Tensor
from tinydeploy.pipeline import Built
from tinydeploy.plan.kernels import Choices
from tinydeploy.tuning import tuned_choices


@dataclass(frozen=True, slots=True)
class LayerCost:
    """What one layer cost: instructions on an emulator, else microseconds; the other is None."""

    name: str
    op: str
    kernel: str
    macs: int
    instructions: int | None
    latency_us: float | None


class RunningModel:
    """A model on a board that is connected and answers."""

    def __init__(self, built: Built, device: Device) -> None:
        graph = built.compiled.plan.graph
        self._built = built
        self._device = device
        self._last: tuple[list[bytes], Invocation] | None = None
        self._layers: tuple[LayerCost, ...] | None = None
        self.inputs = tuple(_spec(graph.tensors[index]) for index in graph.inputs)
        self.outputs = tuple(_spec(graph.tensors[index]) for index in graph.outputs)

    def invoke(self, *inputs: Array) -> tuple[Array, ...]:
        """Run one inference; return an array for each output, of the model's type and shape.

        An input of the model's own integer type is taken as it is; any other holds real values,
        and is quantized as `tinydeploy verify` does it. The batch dimension may be left out.

        Raises:
            UsageError: the number of inputs, or the size of one, is not the model's.
            DeviceError: the device is silent, restarted, or talks nonsense.
        """
        if len(inputs) != len(self.inputs):
            raise UsageError(f"the model takes {len(self.inputs)} inputs, not {len(inputs)}")
        raw = [self._input(i, np.asarray(array)).tobytes() for i, array in enumerate(inputs)]
        invocation = self._device.invoke(raw)
        self._last, self._layers = (raw, invocation), None
        return tuple(
            np.frombuffer(data, spec.dtype).reshape(spec.shape)
            for data, spec in zip(invocation.outputs, self.outputs, strict=True)
        )

    def _input(self, index: int, array: Array) -> Array:
        spec = self.inputs[index]
        if array.size != np.prod(spec.shape):
            raise UsageError(
                f'input {index} ("{spec.name}") has the shape {spec.shape}, not {array.shape}'
            )
        return to_model_input(array, spec)

    @property
    def instructions(self) -> int | None:
        """Of the last inference, on an emulator; None on a board with a clock."""
        count = ticks_to_count(self._last_run[1].ticks, self.board)
        return round(count) if self._counts_instructions else None

    @property
    def latency_us(self) -> float | None:
        """Of the last inference, on a board with a clock; None on an emulator."""
        count = ticks_to_count(self._last_run[1].ticks, self.board)
        return None if self._counts_instructions else float(count)

    @property
    def stack_bytes(self) -> int:
        """The deepest stack of the last inference."""
        return self._last_run[1].stack_bytes

    @property
    def arena_bytes(self) -> int:
        """Size of activations and scratch, as the device reports it."""
        return self._device.info.arena_bytes

    @property
    def flash_bytes(self) -> int:
        """Flash of the whole firmware: code, weights and what measures."""
        return self._built.sizes.flash_bytes

    @property
    def layers(self) -> tuple[LayerCost, ...]:
        """The cost of each layer, from one more inference on the last inputs."""
        if self._layers is None:
            ticks = self._device.invoke(self._last_run[0], per_layer=True).layer_ticks
            self._layers = tuple(self._layer(index, count) for index, count in enumerate(ticks))
        return self._layers

    def _layer(self, index: int, ticks: int) -> LayerCost:
        layer = self._built.compiled.plan.layers[index]
        count, counts = ticks_to_count(ticks, self.board), self._counts_instructions
        return LayerCost(
            layer.node.name,
            layer.node.op.NAME,
            layer.kernel.name,
            layer.macs,
            instructions=round(count) if counts else None,
            latency_us=None if counts else float(count),
        )

    @property
    def board(self) -> Board:
        return self._built.compiled.board

    @property
    def _counts_instructions(self) -> bool:
        return self.board.counter.kind == "instructions"

    @property
    def _last_run(self) -> tuple[list[bytes], Invocation]:
        if self._last is None:
            raise UsageError("no inference was run yet", "Call invoke first.")
        return self._last


@contextmanager
def run_model(
    model: Path,
    board: Board,
    folder: Path,
    port: str | None = None,
    optimize: Optimize = Optimize.BALANCED,
    calibration: Path | None = None,
) -> Iterator[RunningModel]:
    """Build `model` in `folder`, and connect to it on `port` or on the board's emulator.

    Raises AbsentError, before anything is built, where board or emulator isn't here.
    """
    require_board(board, port, "Name the board's serial port.")
    loaded = pipeline.load(model, calibration)
    choices = tuned_choices(Choices(optimize), loaded, board)
    built = pipeline.build(pipeline.compile_model(loaded, board, choices), folder)
    with open_device(board, built.result, port=port) as device:
        check_clock(device, board)
        yield RunningModel(built, device)


def _spec(tensor: Tensor) -> TensorSpec:
    affine = tensor.quantization is not None and not tensor.quantization.per_channel
    scale, zero_point = (tensor.scale, tensor.zero_point) if affine else (0.0, 0)
    return TensorSpec(tensor.name, tensor.shape, tensor.dtype.value, scale, zero_point)
