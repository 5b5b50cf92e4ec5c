"""The host's truth: the TensorFlow Lite interpreter with its reference kernels.

The interpreter's default and optimized kernels differ from each other and from the reference
kernels, by up to tens of steps on real models; only the reference kernels give one answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tinydeploy.errors import InternalError, ModelFileError
from tinydeploy.frontend.child import Child, ChildDiedError
from tinydeploy.frontend.messages import (
    Message,
    array_bytes,
    arrays_from,
    describe_arrays,
)
from tinydeploy.frontend.specs import TensorSpec
from tinydeploy.ir.graph import Array

if TYPE_CHECKING:
    from types import TracebackType

Sample = Sequence[Array]

_WORKER = "tinydeploy.frontend.reference_worker"
_OPEN_TIMEOUT_S = 120.0
_SAMPLE_TIMEOUT_S = 60.0
_BATCH_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class TensorRange:
    """What one quantized tensor held over some samples, in the tensor's own integers.

    The shares say how much of it sat at the ends of its type. A fused ReLU puts every negative
    value at the lowest one by design; a high share at the highest is clipping.
    """

    spec: TensorSpec
    index: int
    low: int
    high: int
    at_lowest_share: float
    at_highest_share: float


class Reference:
    """Runs one .tflite in a child process; use it in a `with` statement.

    A model that crashes the interpreter is a ModelFileError, not a crash. Raises
    UnsupportedModelError for an operator the interpreter lacks, and ToolMissingError where no
    interpreter is installed. `interpreters` names the modules to try, in order.
    """

    def __init__(self, tflite: bytes, interpreters: Sequence[str] = ()) -> None:
        self._child = Child(_WORKER)
        try:
            self._describe(tflite, interpreters)
        except BaseException:
            self._child.close()
            raise

    def _describe(self, tflite: bytes, interpreters: Sequence[str]) -> None:
        request = Message({"action": "open", "interpreters": list(interpreters)}, (tflite,))
        fields = self._ask(request, _OPEN_TIMEOUT_S).fields
        self.interpreter: str = fields["interpreter"]
        self.inputs = tuple(TensorSpec.from_json(spec) for spec in fields["inputs"])
        self.outputs = tuple(TensorSpec.from_json(spec) for spec in fields["outputs"])

    def __enter__(self) -> Reference:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child process."""
        self._child.close()

    def run(self, inputs: Sample) -> tuple[Array, ...]:
        """Return the outputs for one sample: one array per input, of its shape and type."""
        return self.run_many([inputs])[0]

    def run_many(self, samples: Sequence[Sample]) -> list[tuple[Array, ...]]:
        """Return the outputs of each sample, in order."""
        return [outputs for batch in self._batches(samples) for outputs in self._run_batch(batch)]

    def run_all_tensors(self, inputs: Sample) -> dict[int, Array]:
        """Return every tensor that has a value after one sample, by tensor index."""
        answer = self._ask(self._request("all_tensors", [inputs]), 2 * _SAMPLE_TIMEOUT_S)
        values = arrays_from(answer.fields["arrays"], answer.blobs)
        return dict(zip(answer.fields["indices"], values, strict=True))

    def tensor_ranges(self, samples: Sequence[Sample]) -> tuple[TensorRange, ...]:
        """Return the ranges of the quantized activations over `samples`, by tensor index."""
        request = self._request("ranges", samples)
        answer = self._ask(request, _SAMPLE_TIMEOUT_S * (1 + len(samples)))
        return tuple(_tensor_range(fields) for fields in answer.fields["tensors"])

    def _batches(self, samples: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
        sample_bytes = max(1, sum(_byte_size(s) for s in (*self.inputs, *self.outputs)))
        step = max(1, _BATCH_BYTES // sample_bytes)
        return (samples[k : k + step] for k in range(0, len(samples), step))

    def _run_batch(self, samples: Sequence[Sample]) -> list[tuple[Array, ...]]:
        request = self._request("run", samples)
        answer = self._ask(request, _SAMPLE_TIMEOUT_S * (1 + len(samples)))
        arrays = arrays_from(answer.fields["arrays"], answer.blobs)
        count = len(self.outputs)
        return [arrays[k : k + count] for k in range(0, len(arrays), count)]

    def _request(self, action: str, samples: Sequence[Sample]) -> Message:
        arrays = [array for sample in samples for array in self._checked(sample)]
        fields: dict[str, Any] = {
            "action": action,
            "inputs_per_sample": len(self.inputs),
            "arrays": describe_arrays(arrays),
        }
        return Message(fields, array_bytes(arrays))

    def _checked(self, sample: Sample) -> Sample:
        if len(sample) != len(self.inputs):
            raise InternalError(f"the model has {len(self.inputs)} inputs, got {len(sample)}")
        for array, spec in zip(sample, self.inputs, strict=True):
            if array.shape != spec.shape or array.dtype != np.dtype(spec.dtype):
                raise InternalError(
                    f'input "{spec.name}" is {spec.dtype}{list(spec.shape)}, '
                    f"got {array.dtype}{list(array.shape)}"
                )
        return sample

    def _ask(self, request: Message, timeout_s: float) -> Message:
        try:
            return self._child.ask(request, timeout_s)
        except ChildDiedError as error:
            raise ModelFileError(
                f"the reference interpreter {error.reason} on this model",
                "The file is damaged, or too large for this machine. "
                "Convert the model again from its source.",
            ) from error


def _byte_size(spec: TensorSpec) -> int:
    return int(np.prod(spec.shape)) * np.dtype(spec.dtype).itemsize


def _tensor_range(fields: dict[str, Any]) -> TensorRange:
    return TensorRange(
        spec=TensorSpec.from_json(fields),
        index=int(fields["index"]),
        low=int(fields["low"]),
        high=int(fields["high"]),
        at_lowest_share=float(fields["at_lowest_share"]),
        at_highest_share=float(fields["at_highest_share"]),
    )
