"""Compares what a device computed with what the host's reference computed, byte by byte."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tinydeploy.frontend.accuracy import right_answers
from tinydeploy.frontend.samples import dequantize
from tinydeploy.frontend.specs import TensorSpec
from tinydeploy.ir.graph import Array


@dataclass(frozen=True, slots=True)
class Verification:
    """The verdict over all samples; `accuracy` is the device's, where labels were given."""

    samples: int
    mismatched_bytes: int
    mismatched_samples: int
    first_mismatch: str
    accuracy: float | None
    labelled_samples: int
    outputs_digest: str = ""
    """SHA-256 over all outputs of the device, in order."""
    first_mismatched_sample: int | None = None


def compare(
    expected: Sequence[Sequence[Array]],
    actual: Sequence[Sequence[bytes]],
    labels: Array | None = None,
    scored: TensorSpec | None = None,
) -> Verification:
    """Compare the outputs of each sample; `labels` belong to the first len(labels) samples.

    They name classes as the first output does, which is `scored`.
    """
    differences = [_differences(want, got) for want, got in zip(expected, actual, strict=True)]
    wrong = [(i, d) for i, d in enumerate(differences) if any(count for count, _ in d)]
    correct = _correct(actual, labels, scored)
    return Verification(
        samples=len(expected),
        mismatched_bytes=sum(count for d in differences for count, _ in d),
        mismatched_samples=len(wrong),
        first_mismatch=_describe(*wrong[0]) if wrong else "",
        accuracy=float(np.mean(correct)) if len(correct) else None,
        labelled_samples=len(correct),
        outputs_digest=_digest(actual),
        first_mismatched_sample=wrong[0][0] if wrong else None,
    )


def _digest(outputs: Sequence[Sequence[bytes]]) -> str:
    digest = hashlib.sha256()
    for sample in outputs:
        for output in sample:
            digest.update(len(output).to_bytes(8, "little") + output)
    return digest.hexdigest()


def _differences(want: Sequence[Array], got: Sequence[bytes]) -> list[tuple[int, str]]:
    """(differing bytes, first difference) of each output of one sample."""
    return [_difference(w, g) for w, g in zip(want, got, strict=True)]


def _difference(want: Array, got: bytes) -> tuple[int, str]:
    raw = want.tobytes()
    if raw == got:
        return 0, ""
    size = max(len(raw), len(got))
    a = np.frombuffer(raw.ljust(size, b"\0"), np.uint8)
    b = np.frombuffer(got.ljust(size, b"\0"), np.uint8)
    different = np.flatnonzero(a != b)
    count = len(different) + abs(len(raw) - len(got)) * (len(different) == 0)
    at = int(different[0]) if len(different) else min(len(raw), len(got))
    element = at // want.dtype.itemsize
    return count, f"element {element}"


def _describe(sample: int, differences: Sequence[tuple[int, str]]) -> str:
    output = next(i for i, (count, _) in enumerate(differences) if count)
    return f"sample {sample}, output {output}, {differences[output][1]}"


def _correct(
    actual: Sequence[Sequence[bytes]], labels: Array | None, scored: TensorSpec | None
) -> Sequence[bool]:
    """Whether the device names the label, for each labelled sample; () where it names no class."""
    if labels is None or scored is None or not len(labels):
        return ()
    outputs = [np.frombuffer(got[0], scored.dtype) for got in actual[: len(labels)]]
    right = right_answers(dequantize(np.stack(outputs), scored), labels)
    return () if right is None else right.tolist()
